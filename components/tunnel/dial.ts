import type { Duplex } from "node:stream";
import type { BerthError } from "../errors.ts";
import type { ChannelOptions, PodChannel } from "./pod-channel.ts";

/** Any number of connections to one server. */
export interface Connections {
  /** A new open connection. It keeps the process alive until it is closed. */
  connect(): Promise<Duplex>;
  /** For node-postgres: `new Client({ stream: () => endpoint.stream(), … })`; needs no local port. */
  stream(): Duplex;
  /** Why the newest connection through the tunnel failed. A client of the local port cannot see it. */
  lastFailure(): BerthError | undefined;
  /** Ends all connections and frees the local port. */
  close(): Promise<void>;
}

/** Limits for opening a connection; they apply until its first byte comes back. */
export interface Patience {
  readonly attempts: number;
  /** Wait before the second attempt; each later wait is four times as long. */
  readonly backoffMs: number;
  /** For all attempts together. */
  readonly timeoutMs: number;
}

/** One attempt to reach the Pod. */
export type Dial = (options: Omit<ChannelOptions, "isPodGone">) => Promise<PodChannel>;

/** What a stream needs from the tunnel it belongs to. */
export interface StreamSource {
  readonly dial: Dial;
  /** A connection failed: the next one must look up the Pod again. */
  readonly forget: () => void;
  /** A connection got its first byte back. */
  readonly answered: () => void;
  readonly patience: Patience;
}
