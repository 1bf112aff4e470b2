export { OrchError } from './orch-error.ts';
export type { OrchErrorOptions } from './orch-error.ts';
export { errorCodes, exitCodes } from './error-codes.ts';
export type { ErrorCode, ErrorKind, ExitCode } from './error-codes.ts';
export { err, ok } from './result.ts';
export type { Result } from './result.ts';
export type { Digest, Json, JsonObject } from './json.ts';
export { attemptStates, runStates, stepStates } from './states.ts';
export type { AttemptState, RunState, StepState } from './states.ts';
export type {
  EventData,
  EventType,
  FileRef,
  GateResults,
  Level,
  OrchEvent,
  OutputRef,
  RunCosts,
  Where,
} from './event.ts';
export type { CacheEntry, Preimage } from './schemas/cache-entry.ts';
export type { InboxRequest } from './schemas/inbox.ts';
export type { Manifest, StepSummary } from './schemas/manifest.ts';
export type { Recording } from './schemas/recording.ts';
export type { BlobStore, Clock, Hider, Ids } from './ports.ts';
export type {
  Delta,
  FinishReason,
  Image,
  Message,
  ModelOptions,
  ModelRequest,
  Reply,
  Resilience,
  ToolCall,
  ToolSpec,
  Usage,
} from './exchange.ts';
export type {
  Capabilities,
  CheckedModel,
  Limits,
  ModelInfo,
  Provider,
  ProviderContext,
  ProviderIdentity,
  ProviderNotice,
  ProviderSettings,
  Rest,
  SentRequest,
  SentResult,
  WaitReason,
} from './provider.ts';
export type {
  Answer,
  Approval,
  ApprovalRequest,
  HostedCall,
  ItemResult,
  NeedResult,
  Outcome,
  OutcomeExtra,
  Question,
  Schema,
  SchemaIssue,
  ScopeFile,
  StepEvent,
  StepHost,
  StepKind,
  StepScope,
  SubJob,
  SubRunEnd,
  WriteMode,
} from './step-kind.ts';
export type {
  Accepted,
  Assertion,
  CacheMode,
  CompiledJob,
  Each,
  EachSource,
  OnFailure,
  OnLost,
  Plan,
  PlanInput,
  PlanStep,
  ProviderChoice,
  ProviderLimits,
  ProviderResilience,
  RetryPolicy,
  StepResilience,
  ToolServer,
} from './plan.ts';
export type { NamedServer, ToolResult, ToolServers } from './tools.ts';
