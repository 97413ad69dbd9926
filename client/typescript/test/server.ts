/** The real binary as a child process with its own data directory, and the mails it sends. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const BINARY = join(workspace(dirname(fileURLToPath(import.meta.url))), "target/debug/guichet");

/** How long a start or a mail may take on a busy machine. */
const LIMIT_MS = 30_000;

/** How often something that has no notification is looked at again. */
const POLL_MS = 20;

/** What a link in a mail carries. */
export interface Link {
  readonly userId: string;
  readonly code: string;
}

/** A running server. */
export class Server {
  readonly #dir = mkdtempSync(join(tmpdir(), "guichet-client-"));
  readonly #data = join(this.#dir, "data");
  readonly #env: Record<string, string>;
  readonly #process: ChildProcess;

  private constructor(env: Record<string, string>) {
    this.#env = {
      GUICHET_LISTEN: "127.0.0.1:0",
      GUICHET_OPS_LISTEN: "127.0.0.1:0",
      GUICHET_DATA_DIR: this.#data,
      GUICHET_CLOCK: `file:${join(this.#dir, "clock-offset")}`,
      GUICHET_ARGON2: "m=8,t=1,p=1",
      GUICHET_THROTTLE: "off",
      ...env,
    };
    this.advance(0);
    this.#process = spawn(BINARY, [], { cwd: this.#dir, env: this.#env, stdio: "ignore" });
    // A test that forgets it, or fails before it knows of it, ends all the same, and takes it along.
    this.#process.unref();
    process.once("exit", () => this.#process.kill("SIGKILL"));
  }

  /** Starts one with cheap hashes and no throttling, unless `env` says otherwise. */
  static async start(env: Record<string, string> = {}): Promise<Server> {
    if (!existsSync(BINARY)) throw new Error("build it first: cargo build -p guichet --bin guichet");
    const server = new Server(env);
    try {
      await until("the server serves", () => server.#isServing());
      return server;
    } catch (thrown) {
      server.stop();
      throw thrown;
    }
  }

  /** Kills it and deletes what it kept. */
  stop(): void {
    this.#process.kill("SIGKILL");
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Where gRPC and grpc-web are. */
  get url(): string {
    return `http://${readFileSync(join(this.#data, "listen"), "utf8").trim()}`;
  }

  /** A new key for a system that may do everything. */
  apiKey(): string {
    const key = ["api-key", "create", "--name", "tests", "--role", "admin"];
    const { stdout } = spawnSync(BINARY, key, { cwd: this.#dir, env: this.#env });
    return stdout.toString().trim();
  }

  /** Moves the server's clock, renamed into place so that it never reads half a number. */
  advance(seconds: number): void {
    const path = join(this.#dir, "clock-offset");
    writeFileSync(`${path}.new`, String(seconds));
    renameSync(`${path}.new`, path);
  }

  /** The link in the last mail to `address`, once there is one. */
  async linkMailedTo(address: string): Promise<Link> {
    const mails = await this.mailsTo(address, 1);
    const link = /\/Account\/\w+\?userId=([\w-]+)&code=([\w-]+)/.exec(mails.at(-1) ?? "");
    if (!link) throw new Error("the mail has no link");
    return { userId: link[1] ?? "", code: link[2] ?? "" };
  }

  /** The mails to `address`, oldest first, once there are at least so many. */
  mailsTo(address: string, count: number): Promise<string[]> {
    return until(`${count} mails to ${address}`, () => {
      const mails = this.#mails().filter((mail) => mail.includes(`To: ${address}`));
      return mails.length >= count && mails;
    });
  }

  /** Fails once it has ended, as where somebody else has its port. */
  #isServing(): boolean {
    const { exitCode, signalCode } = this.#process;
    const end = exitCode ?? signalCode;
    if (end !== null) throw new Error(`the server ended at its start: ${end}`);
    return existsSync(join(this.#data, "listen"));
  }

  #mails(): string[] {
    const folder = join(this.#data, "mail");
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).filter((name) => name.endsWith(".eml"));
    const paths = files.map((name) => join(folder, name));
    paths.sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs);
    return paths.map((path) => readFileSync(path, "utf8"));
  }
}

/** The folder of `Cargo.lock`, upwards from wherever the tests were compiled to. */
function workspace(folder: string): string {
  return existsSync(join(folder, "Cargo.lock")) ? folder : workspace(dirname(folder));
}

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const start = Date.now(); Date.now() - start < LIMIT_MS; await sleep(POLL_MS)) {
    const found = look();
    if (found) return found;
  }
  throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
}
