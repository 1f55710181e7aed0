import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { createKubeAccess, type KubeAccess } from "../kubernetes/access.ts";
import { isPassing, KubeError } from "../kubernetes/error.ts";
import {
  type KubeContext,
  type KubeconfigChoice,
  loadKubeContext,
} from "../kubernetes/kubeconfig.ts";
import type { Connections, Dial, Patience } from "./dial.ts";
import { type LocalPort, listenLocally } from "./local-port.ts";
import { openPodChannel, type PodChannel } from "./pod-channel.ts";
import { TunnelStream } from "./stream.ts";
import { isPodGone, type KubeTarget, type PodPort, resolvePodPort } from "./target.ts";

export interface PortForwardOptions {
  readonly patience?: Partial<Patience>;
  /** Gets the error of each connection that failed at the local port; its client only sees it close. */
  readonly onError?: (error: KubeError) => void;
}

/** A port-forward to one Service or Pod. Each connection has its own websocket. */
export interface PortForward extends Connections {
  readonly context: KubeContext;
  readonly listen: (port: number) => Promise<void>;
}

const usualPatience: Patience = { attempts: 3, backoffMs: 250, timeoutMs: 9_000 };

/**
 * Opens a port-forward. It looks up the Pod once, so that a wrong context, a missing permission or a Service
 * without a ready Pod fails here with an explanation, and not later as a closed connection.
 *
 * Each connection has its own websocket. With `kubectl port-forward`, the reset that Postgres sends when a TLS
 * client leaves ends every other connection too.
 */
export async function openPortForward(
  choice: KubeconfigChoice,
  target: KubeTarget,
  options: PortForwardOptions = {},
): Promise<PortForward> {
  const access = createKubeAccess(await loadKubeContext(choice));
  const patience = { ...usualPatience, ...options.patience };
  const pods = createPodFinder(access, target);
  await findPatiently(pods, patience);
  return createPortForward(access, pods, { ...options, patience });
}

interface PodFinder {
  find(options: Parameters<typeof resolvePodPort>[2]): Promise<PodPort>;
  forget(): void;
  isGone(podPort: PodPort): Promise<boolean>;
}

/** How long connections share one answer about their Pod; they ask at the same time. */
const knownMs = 5_000;

/** Keeps the Pod until a connection to it fails. Callers share one lookup. */
function createPodFinder(access: KubeAccess, target: KubeTarget): PodFinder {
  let found: Promise<PodPort> | undefined;
  /** A lookup in the background does not keep the process alive, so a caller that waits starts its own. */
  let isSearchingInBackground = false;
  const forget = (): void => {
    found = undefined;
  };
  let known: { readonly of: PodPort; readonly at: number; isGone: Promise<boolean> } | undefined;
  return {
    forget,
    isGone: (of) => {
      if (known?.of !== of || Date.now() - known.at > knownMs) {
        const how = { timeoutMs: knownMs, isBackground: true };
        known = { of, at: Date.now(), isGone: isPodGone(access, target, of, how) };
      }
      return known.isGone;
    },
    find: (options) => {
      if (found === undefined || (isSearchingInBackground && !options.isBackground)) {
        const finding = resolvePodPort(access, target, options);
        found = finding;
        isSearchingInBackground = options.isBackground;
        finding.then(
          () => {
            if (found === finding) isSearchingInBackground = false;
          },
          () => {
            if (found === finding) found = undefined;
          },
        );
      }
      return found;
    },
  };
}

async function findPatiently(pods: PodFinder, patience: Patience): Promise<void> {
  const deadline = Date.now() + patience.timeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const timeoutMs = Math.max(250, (deadline - Date.now()) / (attempt === 1 ? 2 : 1));
      await pods.find({ timeoutMs, isBackground: false });
      return;
    } catch (error) {
      const pauseMs = patience.backoffMs * 4 ** (attempt - 1);
      const isLate = attempt >= patience.attempts || Date.now() + pauseMs >= deadline;
      if (!isPassing(error) || isLate) throw error;
      await delay(pauseMs);
    }
  }
}

function createDial(
  access: KubeAccess,
  pods: PodFinder,
  onOpen: (channel: PodChannel) => void,
): Dial {
  return async (how) => {
    try {
      // Other connections share the lookup: a connection that gives up must not end it.
      const podPort = await pods.find({ timeoutMs: how.timeoutMs, isBackground: how.isBackground });
      const channel = await openPodChannel(access, podPort, {
        ...how,
        isPodGone: () => pods.isGone(podPort),
      });
      onOpen(channel);
      return channel;
    } catch (error) {
      pods.forget();
      throw error;
    }
  };
}

function createPortForward(
  access: KubeAccess,
  pods: PodFinder,
  options: PortForwardOptions & { readonly patience: Patience },
): PortForward {
  const streams = new Set<TunnelStream>();
  const channels = new Set<PodChannel>();
  let local: LocalPort | undefined;
  let failure: KubeError | undefined;
  let isClosed = false;
  const dial = createDial(access, pods, (channel) => {
    channels.add(channel);
    void channel.closed.then(() => channels.delete(channel));
  });
  const answered = (): void => {
    failure = undefined;
  };
  const createStream = (isBackground: boolean): TunnelStream => {
    if (isClosed) throw new KubeError("closed", "the tunnel was closed");
    const source = { dial, forget: pods.forget, answered, patience: options.patience };
    const stream = new TunnelStream(source, { isBackground });
    streams.add(stream);
    stream.once("error", (error) => {
      if (error instanceof KubeError && !isClosed) failure = error;
    });
    stream.once("close", () => streams.delete(stream));
    return stream;
  };
  return {
    context: access.context,
    connect: async () => {
      const stream = createStream(false).connect();
      await once(stream, "connect");
      return stream;
    },
    stream: () => createStream(false),
    listen: async (port) => {
      local = await listenLocally(port, {
        open: (isBackground) => createStream(isBackground).connect(),
        isBackground: true,
        onError: (error) => {
          if (!isClosed) options.onError?.(error);
        },
      });
    },
    lastFailure: () => failure,
    close: async () => {
      isClosed = true;
      await local?.close();
      const open = [...channels].map((channel) => channel.closed);
      const reason = new KubeError("closed", "the tunnel was closed");
      for (const stream of streams) stream.destroy(stream.connecting ? reason : undefined);
      for (const channel of channels) channel.destroy();
      await Promise.all(open);
    },
  };
}
