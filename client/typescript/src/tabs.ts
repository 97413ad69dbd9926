/** What the tabs of one application do one after the other, and tell each other. */

/** An access token as the tabs share it. It lives in their memory only. */
export interface AccessToken {
  readonly token: string;
  readonly accountId: string;
  readonly sessionId: string;
  /** Milliseconds since 1970: from then on it is better to renew it first. */
  readonly renewAt: number;
}

/**
 * How long a message from the tab whose turn it was may take after its turn has ended, on a busy machine. It is waited
 * out only where that tab had nothing to tell.
 */
const NEWS_MS = 500;

/** The other tabs of this origin that use the same server. */
export class Tabs {
  readonly #name: string;
  readonly #channel: BroadcastChannel | undefined;
  /** Whoever waits for what a turn has to tell. */
  readonly #waiting: (() => void)[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** `onToken` is told what another tab signed in to or renewed, or undefined once one signed out. */
  constructor(baseUrl: string, onToken: (access: AccessToken | undefined) => void) {
    this.#name = `guichet ${baseUrl}`;
    if (!locks()) return;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      onToken(data.access);
      this.#hear();
    };
    // Node has worker threads for tabs, and a channel alone must not keep its process running.
    (this.#channel as { unref?: () => void }).unref?.();
  }

  /** Does the work while no tab does another, and after having heard what the one before has to tell. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const all = locks();
    if (all) {
      const news = new Promise<void>((resolve) => this.#waiting.push(resolve));
      const free = (lock: Lock | null) => lock && work().then((done) => ({ done }));
      const first = await all.request(this.#name, { ifAvailable: true }, free);
      if (first) return first.done;
      return (await all.request(this.#name, () => within(NEWS_MS, news).then(work))) as T;
    }

    // Without the Web Locks API (Node 20, a page without TLS) at least this page takes turns.
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Tells the other tabs, and whatever in this one waits for its turn. */
  tell(access: AccessToken | undefined): void {
    this.#channel?.postMessage({ access } satisfies Message);
    this.#hear();
  }

  #hear(): void {
    for (const heard of this.#waiting.splice(0)) heard();
  }
}

interface Message {
  readonly access: AccessToken | undefined;
}

function within(ms: number, event: Promise<void>): Promise<void> {
  return Promise.race([event, new Promise<void>((resolve) => setTimeout(resolve, ms))]);
}

function locks(): LockManager | undefined {
  return (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
}
