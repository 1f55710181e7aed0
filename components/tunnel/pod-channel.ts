import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import WebSocket from "ws";
import { type KubeAccess, type RequestOptions, toUrl } from "../kubernetes/access.ts";
import { KubeError, toShownText } from "../kubernetes/error.ts";
import { type KubeAsk, toPath, toRefusal, toUnreachable } from "../kubernetes/failure.ts";
import { toCut, toPodFailure, toReplaced } from "./pod-failure.ts";
import { createPulse, type Pulse } from "./pulse.ts";
import type { PodPort } from "./target.ts";

export interface ChannelListener {
  readonly onData: (chunk: Buffer) => void;
  /** Called once, at the end. undefined = one side closed the connection normally. */
  readonly onClosed: (error: KubeError | undefined) => void;
}

/** How a channel is opened, and how it finds out that the Pod is gone. */
export interface ChannelOptions extends RequestOptions {
  /** Ends the attempt, not an open channel. */
  readonly signal: AbortSignal;
  readonly listener: ChannelListener;
  /** Whether it is certain that the Pod is gone. */
  readonly isPodGone: () => Promise<boolean>;
}

/** One TCP connection inside a Pod, carried by one websocket of its own. */
export interface PodChannel {
  /** `done` is called when the bytes have left for the API server. This gives backpressure. */
  write(chunk: Buffer, done: (error?: Error | null) => void): void;
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes, after at most a second. */
  end(): void;
  destroy(): void;
  ref(): void;
  unref(): void;
  readonly closed: Promise<void>;
}

const protocol = "v4.channel.k8s.io";
const frameSize = 256 * 1024;
const dataChannel = 0;
const errorChannel = 1;
/** Each channel begins with the port, in two bytes. */
const headerSize = 2;

/**
 * Opens the websocket of a port-forward. The client library's `PortForward` is not used: it ignores
 * backpressure, drops every error after the handshake and the text of errors in it, and mixes the error
 * channel's port bytes with its message.
 */
export async function openPodChannel(
  access: KubeAccess,
  podPort: PodPort,
  options: ChannelOptions,
): Promise<PodChannel> {
  const given = { access, podPort, ...options };
  const socket = await connectWebSocket(given).catch(async (error: unknown) => {
    const isRefused = error instanceof KubeError && error.kind === "unauthorized";
    if (!isRefused || !access.renewCredentials()) throw error;
    return await connectWebSocket(given);
  });
  return createChannel(socket, given);
}

interface ChannelGiven extends ChannelOptions {
  readonly access: KubeAccess;
  readonly podPort: PodPort;
}

async function connectWebSocket({ access, podPort, ...options }: ChannelGiven): Promise<WebSocket> {
  const { namespace, pod: name, port } = podPort;
  const ask: KubeAsk = { verb: "get", resource: "pods/portforward", namespace, name };
  const url = toUrl(access.context, toPath(ask, { ports: String(port) }));
  url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  const settings = {
    ...(await access.credentials()),
    handshakeTimeout: options.timeoutMs,
    perMessageDeflate: false,
    closeTimeout: 1_000,
    finishRequest: (request: ClientRequest): void => {
      if (options.isBackground) request.on("socket", (socket: Socket) => socket.unref());
      request.end();
    },
  };
  options.signal.throwIfAborted();
  const socket = new WebSocket(url, [protocol], settings);
  const abort = (): void => {
    socket.terminate();
  };
  options.signal.addEventListener("abort", abort, { once: true });
  const opened = new Promise<WebSocket>((resolve, reject) => {
    socket.once("unexpected-response", (_request, response) => {
      readRefusal(response, (body) => {
        reject(toRefusal(access.context, ask, { status: response.statusCode ?? 0, body }));
        socket.terminate();
      });
    });
    socket.on("error", (error) => {
      reject(toUnreachable(access.context, error, `open a port-forward to Pod "${name}"`));
    });
    socket.once("open", () => {
      // Data that comes with the handshake waits for a listener.
      socket.pause();
      resolve(socket);
    });
  });
  return await opened.finally(() => {
    options.signal.removeEventListener("abort", abort);
  });
}

function readRefusal(response: IncomingMessage, done: (body: string) => void): void {
  let body = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    if (body.length < 16_384) body += chunk;
  });
  response.on("error", () => undefined);
  response.once("close", () => {
    done(body);
  });
}

function createChannel(socket: WebSocket, given: ChannelGiven): PodChannel {
  const { listener } = given;
  let failure: KubeError | undefined;
  let isEnding = false;
  let reason: string | undefined;
  socket.on("error", (error) => {
    reason = toShownText(error.message);
  });
  const pulse = watch(socket, given, (error) => {
    failure ??= error;
    socket.terminate();
  });
  onFrames(socket, {
    onData: listener.onData,
    onPodError: (text) => {
      if (isEnding) return;
      failure ??= toPodFailure(given.access, given.podPort, text);
      socket.close();
    },
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", (code) => {
      pulse.stop();
      // 1006: closed without a close frame. From 1009 on: an error of the server.
      const isOrderly = code !== 1006 && code < 1009;
      if (!isOrderly) failure ??= toCut(given.podPort, reason ?? `closed with ${String(code)}`);
      resolve();
      listener.onClosed(isEnding ? undefined : failure);
    });
  });
  if (given.isBackground) pulse.unref();
  socket.resume();
  return {
    closed,
    write: (chunk, done) => {
      pulse.sent(chunk.length);
      send(socket, chunk, done);
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    end: () => {
      isEnding = true;
      // A paused websocket would never see the other side's close frame.
      socket.resume();
      socket.close(1000);
    },
    destroy: () => {
      isEnding = true;
      socket.terminate();
    },
    ref: pulse.ref,
    unref: pulse.unref,
  };
}

/** Reports a connection that nobody closed, but that can bring no more data. */
function watch(
  socket: WebSocket,
  { access, podPort, isPodGone }: ChannelGiven,
  onLost: (error: KubeError) => void,
): Pulse {
  return createPulse(socket, {
    onQuiet: () => {
      // Some nodes keep the websocket open, and answer its pings, after the Pod is gone.
      void isPodGone().then((isGone) => {
        if (isGone) onLost(toReplaced(access, podPort));
      });
    },
    onSilent: () => {
      onLost(toCut(podPort, "the API server has been silent for a minute"));
    },
  });
}

interface FrameListener {
  readonly onData: (chunk: Buffer) => void;
  readonly onPodError: (text: string) => void;
}

function onFrames(socket: WebSocket, listener: FrameListener): void {
  const headerLeft = [headerSize, headerSize];
  socket.on("message", (message: Buffer, isBinary: boolean) => {
    const channel = isBinary ? message[0] : undefined;
    if (channel !== dataChannel && channel !== errorChannel) return;
    const skip = Math.min(headerLeft[channel] ?? 0, message.length - 1);
    headerLeft[channel] = (headerLeft[channel] ?? 0) - skip;
    const payload = message.subarray(1 + skip);
    if (payload.length === 0) return;
    if (channel === dataChannel) listener.onData(payload);
    else listener.onPodError(payload.toString("utf8"));
  });
}

function send(socket: WebSocket, chunk: Buffer, done: (error?: Error | null) => void): void {
  const piece = chunk.subarray(0, frameSize);
  const rest = chunk.subarray(frameSize);
  const frame = Buffer.allocUnsafe(piece.length + 1);
  frame[0] = dataChannel;
  piece.copy(frame, 1);
  socket.send(frame, { binary: true }, (error) => {
    if (error || rest.length === 0) done(error ?? null);
    else send(socket, rest, done);
  });
}
