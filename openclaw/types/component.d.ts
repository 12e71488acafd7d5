// Short names for the types that jco generates from wit/.

import type * as Auth from "component-types/interfaces/claude-proxy-plugin-auth.js";
import type * as Chat from "component-types/interfaces/claude-proxy-plugin-chat.js";
import type * as Config from "component-types/interfaces/claude-proxy-plugin-config.js";
import type * as Doctor from "component-types/interfaces/claude-proxy-plugin-doctor.js";
import type * as Health from "component-types/interfaces/claude-proxy-plugin-health.js";
import type * as Provider from "component-types/interfaces/claude-proxy-plugin-provider.js";
import type * as Runtime from "component-types/interfaces/claude-proxy-plugin-runtime.js";
import type * as Types from "component-types/interfaces/claude-proxy-plugin-types.js";
import type { instantiate } from "component-types/plugin.js";

/** Whatever name the generator gives to the world. */
export type Component = ReturnType<typeof instantiate>;
export type ComponentErrorPayload = Types.Error;
/** Settings in the component, which only it can read. */
export type OwnSettings = Types.Settings;
/** What they say, as `to-json` writes it, as far as it is read here. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly api: "anthropic-messages" | "openai-completions";
  readonly models: readonly string[];
  readonly keyFile: string | null;
  readonly guard: "on" | "off" | "strict";
}
export type Probe = Types.Probe;
export type Outcome = Types.Outcome;
export type Observation = Types.Observation;
export type Login = Types.Login;
export type ListedModel = Types.ListedModel;
export type RequestPlan = Chat.RequestPlan;
export type AnswerKind = Chat.AnswerKind;
export type LaunchPlan = Provider.LaunchPlan;
export type State = Runtime.State;
export type Snapshot = Runtime.Snapshot;
export type OutgoingRequest = Runtime.OutgoingRequest;
export type ToolCall = Runtime.ToolCall;
export type Program = Runtime.Program;
export type GuardDecision = Runtime.GuardDecision;
export type AuditInput = Config.AuditInput;
export type Report = Config.Report;
export type Severity = Config.Severity;
export type ApplyRequest = Config.ApplyRequest;
export type StoredFile = Config.StoredFile;
export type StoredList = Config.StoredList;
export type Facts = Doctor.Facts;
export type KeyFile = Doctor.KeyFile;
export type Verdict = Health.Verdict;
export type FlowOptions = Auth.FlowOptions;
export type ProgramQuestion = Auth.ProgramQuestion;
export type ProgramOutput = Auth.ProgramOutput;
export type ProgramAnswer = Doctor.ProgramAnswer;
export type AuthPrompt = Auth.Prompt;
export type PromptAnswer = Auth.PromptAnswer;
export type AuthResult = Auth.AuthResult;
