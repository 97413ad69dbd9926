/** Times of the protocol. */

/** A point in time, as scripts count it; 0 where there is none. */
export function milliseconds(time: { seconds: bigint; nanos: number } | undefined): number {
  return time ? Number(time.seconds) * 1_000 + time.nanos / 1_000_000 : 0;
}
