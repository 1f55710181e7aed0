import type { Socket } from "node:net";
import type WebSocket from "ws";

/** Who is told of silence. */
export interface PulseListener {
  /** Nothing came in since the last beat, while the connection itself may be well. */
  readonly onQuiet: () => void;
  /** Not even a ping was answered. */
  readonly onSilent: () => void;
}

/** Keeps a websocket alive and notices when its other end is no longer there. */
export interface Pulse {
  /** Bytes handed over: an answer may take as long as they need. */
  sent(bytes: number): void;
  ref(): void;
  unref(): void;
  stop(): void;
}

const beatMs = 15_000;
const beatsMissed = 3;
const plentySent = 64 * 1024;

/**
 * Pings, because load balancers in front of API servers drop what is silent for a minute or five,
 * and a laptop that slept leaves a connection nobody will ever answer on: without a limit the
 * statement on it waits for the kernel's quarter of an hour. A minute is also what kubectl gives.
 *
 * A server that is busy handing on a large write does not answer pings, so silence counts only when
 * little was sent since the last sign of life.
 */
export function createPulse(socket: WebSocket, { onQuiet, onSilent }: PulseListener): Pulse {
  let missed = 0;
  let isQuiet = false;
  let sentSince = 0;
  const alive = (): void => {
    missed = 0;
    sentSince = 0;
  };
  const timer = setInterval(() => {
    if (socket.isPaused || socket.readyState !== socket.OPEN) return;
    if (missed >= beatsMissed && sentSince < plentySent) {
      onSilent();
      return;
    }
    if (isQuiet) onQuiet();
    isQuiet = true;
    missed += 1;
    socket.ping();
  }, beatMs);
  // The socket keeps the process alive when something should; a beat never does.
  timer.unref();
  socket.on("pong", alive);
  socket.on("message", () => {
    isQuiet = false;
    alive();
  });
  const carrier = toCarrier(socket);
  return {
    sent: (bytes) => {
      sentSince += bytes;
    },
    ref: () => carrier?.ref(),
    unref: () => carrier?.unref(),
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** The TCP or TLS socket under an open websocket; `ws` has no public name for it. */
function toCarrier(socket: WebSocket): Socket | undefined {
  return "_socket" in socket ? (socket._socket as Socket) : undefined;
}
