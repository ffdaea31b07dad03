/** How long a process counts as alive after it said so: as long others leave it its part of the limits. */
export const aliveMs = 6_000;
/** How often it says so. */
export const beatIntervalMs = 1_500;
/** How much earlier it takes itself for dead: for the way there and back, and for clocks that run apart. */
export const marginMs = 1_500;
/** Who has missed saying so twice will most likely say nothing any more. */
export const silentMs = 2 * beatIntervalMs;
/** How soon it is tried again while something is missing: an answer, the database, calls that still count. */
export const hurryMs = 250;
/** Who has not been answered for so long by somebody alive goes on without: being careful has cost enough by then. */
export const patienceMs = 90_000;
/**
 * As long those who work go on as before while an ended one's part of the limits is still out of reach, instead of
 * standing still to make room: a newcomer is let in when they use little enough, or gets that part when it is free again.
 */
export const undisturbedMs = 65_000;
/** The shortest windows of platforms' limits: whoever comes waits until what one that ended used of them is over. */
export const shortWindowMs = 1_000;
/**
 * What an ended process may have used of a limit stays out of reach of the others for the limit's window, but for no more
 * than this: an hour's limit is hardly used up, and after twenty restarts nothing would be left of it.
 */
export const longestMemoryMs = 2 * 60_000;
