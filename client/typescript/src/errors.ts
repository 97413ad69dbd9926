/** What went wrong, from the details that the server puts into every error. */
import { Code, ConnectError } from "@connectrpc/connect";

import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";

/** The `domain` of every reason of Guichet. */
const DOMAIN = "guichet";

const REASONS = [
  "INVALID_FIELDS",
  "PASSWORD_RULES",
  "EMAIL_NOT_USERNAME",
  "BAD_CREDENTIALS",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "TOKEN_REUSED",
  "FORBIDDEN",
  "NOT_FOUND",
  "RESET_CODE_INVALID",
  "STATE",
  "USERNAME_TAKEN",
  "EXTERNAL_ID_TAKEN",
  "ETAG_MISMATCH",
  "THROTTLED",
  "OVERLOADED",
  "STORE_UNAVAILABLE",
  "INTERNAL",
] as const;

/** Why a call was refused: stable, unlike the message. */
export type Reason = (typeof REASONS)[number];

/** One thing wrong with the request. */
export interface Violation {
  /** The field, as a path in the request. */
  readonly field: string;
  /** Stable key; for `PASSWORD_RULES` that of the broken rule. */
  readonly reason: string;
  /** A sentence to show, in the language of the request. */
  readonly description: string;
}

/** Every call of this package fails with this and nothing else. */
export class GuichetError extends Error {
  override readonly name = "GuichetError";

  private constructor(
    /** A sentence in the language of the request. */
    message: string,
    /** The gRPC code. `Unavailable` also where no server could be reached. */
    readonly code: Code,
    /** Undefined where the error does not come from Guichet, or is newer than this package. */
    readonly reason: Reason | undefined,
    /** Everything wrong with the request; empty for other errors. */
    readonly violations: readonly Violation[],
    /** How long to wait before the same call has a chance. */
    readonly retryAfterMs: number | undefined,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  /** Reads whatever was thrown. */
  static from(thrown: unknown): GuichetError {
    if (thrown instanceof GuichetError) return thrown;
    const error = ConnectError.from(thrown);
    return new GuichetError(
      error.rawMessage,
      codeOf(error),
      reasonOf(error),
      violationsOf(error),
      retryAfterOf(error),
      error,
    );
  }
}

/** `fetch` says that it reached no server with a TypeError, which connect knows no code for. */
function codeOf(error: ConnectError): Code {
  const unreached = error.code === Code.Unknown && error.cause instanceof TypeError;
  return unreached ? Code.Unavailable : error.code;
}

function reasonOf(error: ConnectError): Reason | undefined {
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === DOMAIN);
  return REASONS.find((reason) => reason === info?.reason);
}

function violationsOf(error: ConnectError): Violation[] {
  const violations = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
  return violations.map(({ field, reason, description }) => ({ field, reason, description }));
}

function retryAfterOf(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay && Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000;
}
