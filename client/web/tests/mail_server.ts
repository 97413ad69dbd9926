/** A mail server that is away at first, and then knows nobody. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What it says to each command; 250 to any other (RFC 5321, 4.3.2). */
const ANSWERS: Record<string, string> = { RCPT: "550 5.1.1 nobody of that name", QUIT: "221 2.0.0 bye" };

export class Refusing {
  #server: Server | undefined;
  #port = 0;

  /** A port that nobody listens on, where it will be. */
  async freePort(): Promise<number> {
    const reserved = createServer().listen(0, "127.0.0.1");
    await once(reserved, "listening");
    this.#port = (reserved.address() as AddressInfo).port;
    reserved.close();
    await once(reserved, "close");
    return this.#port;
  }

  async open(): Promise<void> {
    this.#server = createServer(converse).listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  close(): void {
    this.#server?.close();
    this.#server?.unref();
  }
}

function converse(client: Socket): void {
  client.unref();
  client.on("error", () => undefined);
  client.write("220 mail.example\r\n");
  let rest = "";
  client.on("data", (data) => {
    const lines = (rest + data.toString()).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const verb = line.slice(0, 4).toUpperCase();
      client.write(`${ANSWERS[verb] ?? "250 ok"}\r\n`);
      if (verb === "QUIT") client.end();
    }
  });
}
