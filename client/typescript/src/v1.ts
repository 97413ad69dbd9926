/**
 * The messages, enums and services of `guichet.v1`, as generated.
 *
 * @module
 */
export * from "./gen/guichet/v1/account_pb.js";
export * from "./gen/guichet/v1/auth_pb.js";
export * from "./gen/guichet/v1/event_pb.js";
export * from "./gen/guichet/v1/import_pb.js";
export * from "./gen/guichet/v1/institution_pb.js";
export * from "./gen/guichet/v1/mail_pb.js";
export * from "./gen/guichet/v1/reset_pb.js";
