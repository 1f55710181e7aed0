import type { ChannelListener, PodChannel } from "./pod-channel.ts";

/** Limits for opening a connection; they apply until its first byte comes back. */
export interface Patience {
  readonly attempts: number;
  /** Wait before the second attempt; each later wait is four times as long. */
  readonly backoffMs: number;
  /** For all attempts together. */
  readonly timeoutMs: number;
}

/** One attempt to reach the Pod. */
export type Dial = (options: {
  readonly timeoutMs: number;
  readonly isBackground: boolean;
  readonly signal: AbortSignal;
  readonly listener: ChannelListener;
}) => Promise<PodChannel>;

/** What a stream needs from the tunnel it belongs to. */
export interface StreamSource {
  readonly dial: Dial;
  /** A connection failed: the next one must look up the Pod again. */
  readonly forget: () => void;
  /** A connection got its first byte back. */
  readonly answered: () => void;
  readonly patience: Patience;
}
