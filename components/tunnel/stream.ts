import { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { isPassing, KubeError } from "../kubernetes/error.ts";
import type { StreamSource } from "./dial.ts";
import type { PodChannel } from "./pod-channel.ts";

/** Most bytes that are kept for a second attempt; more than any startup packet. */
const replayLimit = 64 * 1024;

/**
 * A connection through the tunnel that node-postgres uses as a socket (`connect`, `setNoDelay`, `ref` …). Until
 * the server's first byte it starts over by itself if the Pod was replaced or its port is not open yet. It then
 * sends the same bytes again, because they reached nobody. After the first byte nothing is sent twice: a broken
 * connection is an error, because a statement may have been executed.
 *
 * The port-forward protocol cannot close one direction only, so ending the stream closes it.
 */
export class TunnelStream extends Duplex {
  readonly #source: StreamSource;
  readonly #abort = new AbortController();
  #isBackground: boolean;
  #channel: PodChannel | undefined;
  #attempt = 0;
  #deadline = 0;
  #isStarted = false;
  /** Bytes sent before the first answer; undefined = too late to start over. */
  #unanswered: Buffer[] | undefined = [];
  #unansweredSize = 0;
  /** The write that waits for a channel. */
  #waiting: { readonly chunk: Buffer; readonly done: (error?: Error | null) => void } | undefined;
  /** A write that failed with its websocket. The channel's end settles it, because that has the reason. */
  #stuck: ((error?: Error | null) => void) | undefined;
  #finish: (() => void) | undefined;
  #hasConnected = false;
  #hasEnded = false;

  constructor(source: StreamSource, options: { readonly isBackground: boolean }) {
    super({ allowHalfOpen: false });
    this.#source = source;
    this.#isBackground = options.isBackground;
  }

  /** Starts; `connect` or `error` follows. The address that node-postgres passes is ignored. */
  connect(): this {
    if (this.#isStarted) return this;
    this.#isStarted = true;
    this.#deadline = Date.now() + this.#source.patience.timeoutMs;
    void this.#open(undefined);
    return this;
  }

  /** As in a socket: started, but not open yet. */
  get connecting(): boolean {
    return this.#isStarted && !this.#hasConnected;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#isBackground = false;
    this.#channel?.ref();
    return this;
  }

  unref(): this {
    this.#isBackground = true;
    this.#channel?.unref();
    return this;
  }

  async #open(after: KubeError | undefined): Promise<void> {
    let last = after;
    const { attempts, backoffMs } = this.#source.patience;
    while (!this.destroyed) {
      const pauseMs = this.#attempt === 0 ? 0 : backoffMs * 4 ** (this.#attempt - 1);
      const leftMs = this.#deadline - Date.now() - pauseMs;
      if (last !== undefined && (this.#attempt >= attempts || leftMs <= 0)) {
        this.destroy(last);
        return;
      }
      if (pauseMs > 0) await this.#pause(pauseMs);
      this.#attempt += 1;
      try {
        await this.#tryOnce(leftMs);
        return;
      } catch (error) {
        if (!isPassing(error)) {
          this.destroy(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        last = error;
      }
    }
  }

  /** Ends early when the stream is destroyed. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#abort;
    await delay(ms, undefined, { signal, ref: !this.#isBackground }).catch(() => undefined);
  }

  async #tryOnce(leftMs: number): Promise<void> {
    const channel = await this.#source.dial({
      // Half of the remaining time, so that there is a second attempt if an address drops packets.
      timeoutMs: Math.max(250, this.#attempt === 1 ? leftMs / 2 : leftMs),
      isBackground: this.#isBackground,
      signal: this.#abort.signal,
      listener: {
        onData: (chunk) => {
          if (this.#unanswered !== undefined) this.#source.answered();
          this.#unanswered = undefined;
          if (!this.push(chunk)) this.#channel?.pause();
        },
        onClosed: (error) => {
          this.#onClosed(error);
        },
      },
    });
    if (this.destroyed) {
      channel.destroy();
      return;
    }
    this.#channel = channel;
    if (this.#isBackground) channel.unref();
    else channel.ref();
    for (const chunk of this.#unanswered ?? []) channel.write(chunk, () => undefined);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this._write(waiting.chunk, "buffer", waiting.done);
    if (!this.#hasConnected) {
      this.#hasConnected = true;
      this.emit("connect");
    }
    if (this.#finish !== undefined) channel.end();
  }

  #onClosed(error: KubeError | undefined): void {
    this.#channel = undefined;
    if (error !== undefined) this.#source.forget();
    const stuck = this.#stuck;
    this.#stuck = undefined;
    stuck?.();
    if (this.destroyed) return;
    if (this.#finish !== undefined) {
      this.#endReading();
      this.#finish();
    } else if (error === undefined) {
      this.#endReading();
    } else if (isPassing(error) && this.#unanswered !== undefined) {
      void this.#open(error);
    } else {
      this.destroy(error);
    }
  }

  #endReading(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.push(null);
  }

  override _read(): void {
    this.#channel?.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding | "buffer",
    done: (error?: Error | null) => void,
  ): void {
    const channel = this.#channel;
    if (channel === undefined) {
      this.#waiting = { chunk, done };
      return;
    }
    this.#keep(chunk);
    channel.write(chunk, (error) => {
      const isForReplay = this.#unanswered !== undefined;
      if (error && !isForReplay && this.#channel === channel) this.#stuck = done;
      else done();
    });
  }

  #keep(chunk: Buffer): void {
    this.#unansweredSize += chunk.length;
    if (this.#unansweredSize > replayLimit) this.#unanswered = undefined;
    this.#unanswered?.push(chunk);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finish = () => {
      done();
    };
    if (this.#channel !== undefined) {
      this.#channel.end();
    } else if (!this.#isStarted || this.#hasConnected) {
      this.#endReading();
      done();
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#abort.abort(new KubeError("closed", "the connection was closed while it was opened"));
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.destroy();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done(error);
    if (channel === undefined) {
      done(error);
      return;
    }
    // `close` comes when the socket under the websocket is closed, as for a socket. TLS on top reports a bad
    // certificate one turn after it destroys this stream. If the stream ended before that, node-postgres would
    // report "terminated unexpectedly".
    void channel.closed.then(() => {
      done(error);
    });
  }
}
