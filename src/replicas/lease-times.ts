/** How long a turn belongs to the process that renewed its lease last. */
export const leaseMs = 15_000;
/** How often leases are renewed: twice may fail before they are over. */
export const renewIntervalMs = 5_000;
/** How much earlier than the database we take our own leases to be over: for the way there and back. */
export const marginMs = 2_000;
/** How often we look for turns that other processes left: a dead one's are taken up within a lease and this. */
export const takeIntervalMs = 2_000;
/** A renewal that failed is tried again this soon. */
export const retryMs = 500;
