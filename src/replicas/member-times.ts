/** How long a process counts as alive after it said so: as long others leave it its part of the limits. */
export const aliveMs = 6_000;
/** How often it says so. */
export const beatIntervalMs = 1_500;
/** How much earlier it takes itself for dead: for the way there and back, and for clocks that run apart. */
export const marginMs = 1_500;
/** How soon it is tried again while something is missing: an answer, the database, calls that still count. */
export const hurryMs = 250;
/** Who has not been answered for so long by somebody alive goes on without: being careful has cost enough by then. */
export const patienceMs = 90_000;
/**
 * What an ended process may have used of a limit stays out of reach of the others for the limit's window, but for no more
 * than this: an hour's limit is hardly used up, and after twenty restarts nothing would be left of it.
 */
export const longestMemoryMs = 2 * 60_000;
