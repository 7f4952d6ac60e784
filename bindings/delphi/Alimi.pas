// alimi for Delphi 7 and later, and for Free Pascal in Delphi mode: the declarations of alimi.h and one class over them.
//
// Texts are UTF-16 (TAlimiText), whatever the encoding of the configuration; Delphi converts from and to AnsiString with the
// code page of Windows by itself. Codes below 0 are raised as EAlimi. Any thread may call any method. A program with windows
// calls Poll(0, ...) from a timer.
//
//   Client := TAlimiClient.Create('alimi.json');
//   try
//     Client.SendAlimtalk('APPT-1', '010-0000-0001', 'reminder', 'name=...');
//     if Client.Poll(5000, Answer) then
//     begin
//       Store(Answer.Key, Answer.State);
//       Client.Acknowledge(Answer.Key);
//     end;
//   finally
//     Client.Free;
//   end;
unit Alimi;

{$IFDEF FPC}
{$MODE DELPHI}
{$ENDIF}

interface

uses
  SysUtils;

const
  AlimiLibrary = {$IFDEF MSWINDOWS}'alimi.dll'{$ELSE}'alimi'{$ENDIF};

// generated from include/alimi.h
const
  // Done.
  ALIMI_OK = 0;
  // Notice: this key with the same content was accepted before; it stays one message.
  ALIMI_DUPLICATE = 1;
  // Notice: no result is waiting.
  ALIMI_EMPTY = 2;
  // Notice: not finished yet; it goes on by itself. After a shutdown: messages remain in the outbox for the next start.
  ALIMI_PENDING = 3;
  // Notice: messages of the batch were refused; the verdicts say which and why.
  ALIMI_PARTIAL = 4;
  // Notice: a callback is still running; keep what it uses until it returns.
  ALIMI_CALLBACK_RUNNING = 5;
  // An argument is missing, too long or outside its range.
  ALIMI_ERR_INVALID_ARGUMENT = -1;
  // The client number was never given out, or its client was shut down.
  ALIMI_ERR_INVALID_HANDLE = -2;
  // The client is shutting down and takes nothing more.
  ALIMI_ERR_CLOSED = -3;
  // The process was forked after alimi_init; the child cannot use alimi. Fork first, then call alimi_init.
  ALIMI_ERR_FORKED = -4;
  // The buffer is too small; the size needed is in it, where it fits, and in the details.
  ALIMI_ERR_BUFFER_TOO_SMALL = -5;
  // Text is not valid in the encoding of the client, or cannot be written in it.
  ALIMI_ERR_ENCODING = -6;
  // No message with this key is in the outbox.
  ALIMI_ERR_NOT_FOUND = -7;
  // The message has left or has ended; it cannot be cancelled.
  ALIMI_ERR_TOO_LATE = -8;
  // The key belongs to an earlier message with other content.
  ALIMI_ERR_KEY_CONFLICT = -9;
  // An option name is not known.
  ALIMI_ERR_UNKNOWN_OPTION = -10;
  // This process has too many open clients.
  ALIMI_ERR_TOO_MANY_CLIENTS = -11;
  // The message has no final result yet, so there is nothing to acknowledge.
  ALIMI_ERR_UNFINISHED = -12;
  // The text is not the JSON that this argument takes.
  ALIMI_ERR_INVALID_JSON = -13;
  // The log callback holds up the thread that would have to do this; call it from elsewhere.
  ALIMI_ERR_INSIDE_CALLBACK = -14;
  // The configuration is not valid JSON.
  ALIMI_ERR_CONFIG_SYNTAX = -100;
  // The configuration has a key that is not known.
  ALIMI_ERR_CONFIG_UNKNOWN_KEY = -101;
  // A value of the configuration has the wrong type or is outside its range.
  ALIMI_ERR_CONFIG_VALUE = -102;
  // A file of the configuration cannot be read.
  ALIMI_ERR_CONFIG_FILE = -103;
  // A secret cannot be read from its variable or file.
  ALIMI_ERR_CONFIG_SECRET = -104;
  // Two parts of the configuration contradict each other.
  ALIMI_ERR_CONFIG_CONTRADICTION = -105;
  // Another process or client holds the outbox.
  ALIMI_ERR_OUTBOX_LOCKED = -200;
  // The outbox holds as many messages or bytes as its configuration allows.
  ALIMI_ERR_OUTBOX_FULL = -201;
  // The disk of the outbox is full; what was accepted is kept.
  ALIMI_ERR_DISK_FULL = -202;
  // The outbox cannot be written.
  ALIMI_ERR_OUTBOX_READ_ONLY = -203;
  // The outbox file is damaged or is not an outbox.
  ALIMI_ERR_OUTBOX_CORRUPT = -204;
  // Reading, writing or syncing the outbox failed.
  ALIMI_ERR_OUTBOX_IO = -205;
  // The outbox was written by a newer version of alimi.
  ALIMI_ERR_OUTBOX_VERSION = -206;
  // The outbox cannot be opened or created at its path.
  ALIMI_ERR_OUTBOX_PATH = -207;
  // The outbox is sealed with another key than the configuration gives.
  ALIMI_ERR_OUTBOX_KEY = -208;
  // The recipient is not a Korean number that can take messages.
  ALIMI_ERR_RECIPIENT = -300;
  // The sender number is missing or has no form that carriers allow.
  ALIMI_ERR_SENDER_NUMBER = -301;
  // The account is not in the configuration.
  ALIMI_ERR_UNKNOWN_ACCOUNT = -302;
  // The template is not in the configuration.
  ALIMI_ERR_UNKNOWN_TEMPLATE = -303;
  // A variable of the template has no value.
  ALIMI_ERR_VARIABLE_MISSING = -304;
  // The template has no variable of this name.
  ALIMI_ERR_VARIABLE_UNKNOWN = -305;
  // The text differs from the approved template, or the gateway is known not to have that template so.
  ALIMI_ERR_TEMPLATE_MISMATCH = -306;
  // A part of the message is longer than the channel allows.
  ALIMI_ERR_TOO_LONG = -307;
  // SMS, LMS and MMS cannot carry a character of the text.
  ALIMI_ERR_NOT_CP949 = -308;
  // A part of the message breaks a rule of the channel.
  ALIMI_ERR_CONTENT = -309;
  // A time of the message is malformed or outside its range.
  ALIMI_ERR_TIME = -310;
  // The configuration or the gateway does not allow this recipient.
  ALIMI_ERR_RECIPIENT_NOT_ALLOWED = -311;
  // More messages per minute than max_per_minute allows.
  ALIMI_ERR_RATE_LIMITED = -312;
  // An image cannot be read or breaks the rules of MMS.
  ALIMI_ERR_IMAGE = -313;
  // The gateway is not in the configuration.
  ALIMI_ERR_UNKNOWN_GATEWAY = -314;
  // An option has a value that is not allowed.
  ALIMI_ERR_OPTION = -315;
  // A fault inside alimi; the outbox is kept.
  ALIMI_ERR_INTERNAL = -900;
  // The system did not give a thread.
  ALIMI_ERR_THREAD = -901;
  // Waits for its turn.
  ALIMI_STATE_QUEUED = 1;
  // Waits for its `send_at`.
  ALIMI_STATE_SCHEDULED = 2;
  // A request that carries it is under way, or its fate is being settled with the gateway.
  ALIMI_STATE_SENDING = 3;
  // The gateway took it; the report of delivery is awaited.
  ALIMI_STATE_ACCEPTED = 4;
  // Final: the gateway reported delivery.
  ALIMI_STATE_DELIVERED = 5;
  // Final: it was certainly not delivered.
  ALIMI_STATE_FAILED = 6;
  // Final: its time ran out before it left.
  ALIMI_STATE_EXPIRED = 7;
  // Final: the caller cancelled it before it left.
  ALIMI_STATE_CANCELLED = 8;
  // Final: it may have been delivered; nobody can tell.
  ALIMI_STATE_UNKNOWN = 9;
  // KakaoTalk AlimTalk.
  ALIMI_CHANNEL_ALIMTALK = 1;
  // Short message, at most 90 bytes in CP949.
  ALIMI_CHANNEL_SMS = 2;
  // Long message, at most 2,000 bytes in CP949.
  ALIMI_CHANNEL_LMS = 3;
  // Long message with images.
  ALIMI_CHANNEL_MMS = 4;
  // It certainly did not go out by the channel named.
  ALIMI_CERTAINTY_NOT_SENT = 1;
  // It may have gone out.
  ALIMI_CERTAINTY_POSSIBLY_SENT = 2;
  // The gateway confirmed it.
  ALIMI_CERTAINTY_SENT = 3;
  // Nothing to say: delivered, or still under way.
  ALIMI_REASON_NONE = 0;
  // The number belongs to no KakaoTalk user.
  ALIMI_REASON_NOT_KAKAO_USER = 100;
  // The recipient blocks the channel or AlimTalk.
  ALIMI_REASON_BLOCKED_BY_RECIPIENT = 101;
  // KakaoTalk cannot deliver there: not used lately, too old, or another SIM.
  ALIMI_REASON_KAKAO_UNREACHABLE = 102;
  // The number does not exist or cannot take messages.
  ALIMI_REASON_INVALID_RECIPIENT = 103;
  // The handset is off, out of reach, busy or full.
  ALIMI_REASON_HANDSET_UNREACHABLE = 104;
  // The recipient or the carrier refuses messages of this sender.
  ALIMI_REASON_RECIPIENT_REFUSES = 105;
  // Text, buttons, title or items differ from the approved template.
  ALIMI_REASON_TEMPLATE_MISMATCH = 200;
  // The template is missing, not approved, dormant or stopped.
  ALIMI_REASON_TEMPLATE_UNAVAILABLE = 201;
  // The gateway refuses the content: length, characters, fields.
  ALIMI_REASON_CONTENT_REFUSED = 202;
  // A spam filter refused it.
  ALIMI_REASON_SPAM = 203;
  // The gateway took it for a repeat of an earlier message.
  ALIMI_REASON_DUPLICATE_REFUSED = 204;
  // The recipient is outside what the gateway allows, e.g. the range of the sandbox.
  ALIMI_REASON_RECIPIENT_NOT_ALLOWED = 205;
  // The sender key or channel is wrong, blocked or closed.
  ALIMI_REASON_SENDER_KEY_INVALID = 300;
  // The sender number is not registered or is barred.
  ALIMI_REASON_SENDER_NUMBER_INVALID = 301;
  // The gateway refuses the login, the contract or the address of this host.
  ALIMI_REASON_CREDENTIALS_REFUSED = 302;
  // The balance or quota with the vendor is used up.
  ALIMI_REASON_BALANCE_EXHAUSTED = 303;
  // The gateway refuses the request for another matter of set-up.
  ALIMI_REASON_GATEWAY_CONFIGURATION = 304;
  // The gateway asks to slow down.
  ALIMI_REASON_THROTTLED = 400;
  // The gateway or the network behind it has a fault.
  ALIMI_REASON_GATEWAY_ERROR = 401;
  // The gateway cannot be reached.
  ALIMI_REASON_CONNECTION_FAILED = 402;
  // Not allowed at this hour.
  ALIMI_REASON_OUTSIDE_HOURS = 403;
  // The request left and no answer came.
  ALIMI_REASON_ANSWER_LOST = 500;
  // The gateway itself cannot tell whether it arrived.
  ALIMI_REASON_DELIVERY_UNCONFIRMED = 501;
  // No report came within the time set for it.
  ALIMI_REASON_REPORT_OVERDUE = 502;
  // The program ended while the request was under way.
  ALIMI_REASON_INTERRUPTED = 503;
  // The outbox was damaged: it may have been sent already.
  ALIMI_REASON_OUTBOX_DAMAGED = 504;
  // Its time ran out before it could leave.
  ALIMI_REASON_EXPIRED = 600;
  // The caller cancelled it.
  ALIMI_REASON_CANCELLED_BY_CALLER = 601;
  // The gateway gave a code that is not in its documents.
  ALIMI_REASON_OTHER = 900;
  // Nothing.
  ALIMI_LOG_OFF = 0;
  // What the operator must look at.
  ALIMI_LOG_ERROR = 1;
  // What may need a look.
  ALIMI_LOG_WARN = 2;
  // What alimi does, in few lines.
  ALIMI_LOG_INFO = 3;
  // The way of every message.
  ALIMI_LOG_DEBUG = 4;
  // Everything.
  ALIMI_LOG_TRACE = 5;
  // Bytes that hold every key and its NUL.
  ALIMI_KEY_SIZE = 65;
  // Bytes that hold every text of alimi_last_error and alimi_error_text and its NUL.
  ALIMI_ERROR_SIZE = 1024;
  // Bytes of out_json that alimi_send_batch needs for each message, and as many once more.
  ALIMI_BATCH_ENTRY_SIZE = 512;
  // Smallest size of an alimi_result_t: its members up to and with `key`.
  ALIMI_RESULT_SIZE_MIN = 92;
  // Longest wait of any function in milliseconds (one hour); a longer timeout means this one.
  ALIMI_TIMEOUT_MAX = 3600000;
  // Most clients open in one process.
  ALIMI_CLIENTS_MAX = 256;

type
  // alimi_result_t: texts end with #0, in the encoding of the client.
  TAlimiRawResult = packed record
    size: Integer;
    state: Integer;
    channel: Integer;
    certainty: Integer;
    attempts: Integer;
    reason: Integer;
    key: array[0..67] of AnsiChar;
    account: array[0..127] of AnsiChar;
    gateway: array[0..63] of AnsiChar;
    gateway_id: array[0..127] of AnsiChar;
    gateway_code: array[0..31] of AnsiChar;
    created: array[0..31] of AnsiChar;
    sent: array[0..31] of AnsiChar;
    finished: array[0..31] of AnsiChar;
    text: array[0..255] of AnsiChar;
  end;
  PAlimiRawResult = ^TAlimiRawResult;

  TAlimiLogCallback = procedure(level: Integer; text: PAnsiChar; context: Pointer); {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF};
  TAlimiResultCallback = procedure(client: Integer; result_: PAlimiRawResult; context: Pointer); {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF};

function alimi_version(buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_error_text(code: Integer; buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_last_error(buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_init(config: PAnsiChar; out_client: PInteger): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_shutdown(client: Integer; timeout_ms: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_flush(client: Integer; timeout_ms: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_send_alimtalk(client: Integer; key: PAnsiChar; to_: PAnsiChar; template_name: PAnsiChar; variables: PAnsiChar; options: PAnsiChar; out_key: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_send_text(client: Integer; key: PAnsiChar; to_: PAnsiChar; text: PAnsiChar; options: PAnsiChar; out_key: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_send_batch(client: Integer; messages_json: PAnsiChar; out_json: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_cancel(client: Integer; key: PAnsiChar): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_poll_result(client: Integer; timeout_ms: Integer; inout_result: PAlimiRawResult): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_poll_result_json(client: Integer; timeout_ms: Integer; buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_ack_result(client: Integer; key: PAnsiChar): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_get_status(client: Integer; key: PAnsiChar; inout_result: PAlimiRawResult): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_get_status_json(client: Integer; key: PAnsiChar; buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_wake(client: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_reload(client: Integer; config: PAnsiChar): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_sync_templates(client: Integer; timeout_ms: Integer; report_buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_get_stats(client: Integer; query: PAnsiChar; buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_get_health(client: Integer; buf: PAnsiChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_set_log_callback(level: Integer; function_: TAlimiLogCallback; context: Pointer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_set_result_callback(client: Integer; function_: TAlimiResultCallback; context: Pointer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_version_w(buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_error_text_w(code: Integer; buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_last_error_w(buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_init_w(config: PWideChar; out_client: PInteger): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_reload_w(client: Integer; config: PWideChar): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_send_alimtalk_w(client: Integer; key: PWideChar; to_: PWideChar; template_name: PWideChar; variables: PWideChar; options: PWideChar; out_key: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_send_text_w(client: Integer; key: PWideChar; to_: PWideChar; text: PWideChar; options: PWideChar; out_key: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_send_batch_w(client: Integer; messages_json: PWideChar; out_json: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_cancel_w(client: Integer; key: PWideChar): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_poll_result_json_w(client: Integer; timeout_ms: Integer; buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_ack_result_w(client: Integer; key: PWideChar): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_get_status_json_w(client: Integer; key: PWideChar; buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_sync_templates_w(client: Integer; timeout_ms: Integer; report_buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_get_stats_w(client: Integer; query: PWideChar; buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
function alimi_get_health_w(client: Integer; buf: PWideChar; cap: Integer): Integer; {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF}; external AlimiLibrary;
// end of what is generated

type
  // Delphi 7 to 2007 and Free Pascal have AnsiString as string.
  TAlimiText = {$IFDEF FPC}UnicodeString{$ELSE}{$IFDEF UNICODE}string{$ELSE}WideString{$ENDIF}{$ENDIF};

  // A code below 0. The message says which argument, file or key, what was wrong and what is allowed.
  EAlimi = class(Exception)
  public
    Code: Integer;
    constructor CreateCode(ACode: Integer);
  end;

  // Where a message stands, or how it ended. State, Channel, Certainty and Reason are the words of their constants in lower
  // case: 'delivered', 'alimtalk', 'sent', 'none'.
  TAlimiResult = record
    Key, State, Channel, Certainty, Reason, Account, Gateway, GatewayId, GatewayCode, Template, Tag: TAlimiText;
    Created, Sent, Finished, Text: TAlimiText;
    Attempts: Integer;
  end;

  // A message that is kept. Duplicate: it had been accepted before.
  TAlimiSent = record
    Key: TAlimiText;
    Duplicate: Boolean;
  end;

  TAlimiClient = class;

  // Called on a thread of alimi, not on that of the windows. What it raises is dropped.
  TAlimiResultEvent = procedure(Client: TAlimiClient; const Answer: TAlimiResult) of object;
  TAlimiLogProc = procedure(Level: Integer; const Line: TAlimiText);

  TAlimiClient = class
  private
    FNumber: Integer;
    FOnResult: TAlimiResultEvent;
    function Ask(Which: Integer; Value: Integer; const Given: TAlimiText; out Answer: TAlimiText): Integer;
  public
    // Config is JSON text, or the path of a JSON file.
    constructor Create(const Config: TAlimiText);
    // Shuts down within five seconds; what has not left goes out after the next start.
    destructor Destroy; override;
    // Keeps one message. When it returns, the message is on disk and will end in exactly one result. An empty Key makes one.
    function SendAlimtalk(const Key, Recipient, Template, Variables: TAlimiText; const Options: TAlimiText = ''): TAlimiSent;
    function SendText(const Key, Recipient, Text: TAlimiText; const Options: TAlimiText = ''): TAlimiSent;
    // Keeps many messages; Verdicts receives JSON. ALIMI_OK, ALIMI_DUPLICATE or ALIMI_PARTIAL.
    function SendBatch(const Messages: TAlimiText; out Verdicts: TAlimiText): Integer;
    // ALIMI_OK; ALIMI_PENDING while the gateway that holds it for later is asked to take it back: the result says whether.
    function Cancel(const Key: TAlimiText): Integer;
    // Takes the next final result; False when there is none within the time.
    function Poll(TimeoutMs: Integer; out Answer: TAlimiResult): Boolean;
    procedure Acknowledge(const Key: TAlimiText);
    function Status(const Key: TAlimiText): TAlimiResult;
    // Gives the running client another configuration; on an error nothing has changed.
    procedure Reload(const Config: TAlimiText);
    // Asks every gateway for its approved templates and compares them with the configuration; Report receives JSON. ALIMI_OK,
    // or ALIMI_PENDING when the time ran out and asking goes on.
    function SyncTemplates(TimeoutMs: Integer; out Report: TAlimiText): Integer;
    procedure Wake;
    // False when the time ran out.
    function Flush(TimeoutMs: Integer): Boolean;
    // JSON, or CSV where the query says format=csv.
    function Statistics(const Query: TAlimiText = ''): TAlimiText;
    function Health: TAlimiText;
    // ALIMI_OK, or ALIMI_CALLBACK_RUNNING when a call of the event given before goes on. nil removes it.
    function SetOnResult(Event: TAlimiResultEvent): Integer;
    // ALIMI_OK, ALIMI_PENDING or ALIMI_CALLBACK_RUNNING.
    function Shutdown(TimeoutMs: Integer): Integer;
    property Number: Integer read FNumber;
  end;

function AlimiVersion: TAlimiText;
function AlimiErrorText(Code: Integer): TAlimiText;
function AlimiLastError: TAlimiText;
function AlimiSetLog(Level: Integer; Proc: TAlimiLogProc): Integer;
// A member of a flat JSON object, as alimi writes them; empty where there is none.
function AlimiMember(const Json, Name: TAlimiText): TAlimiText;

implementation

const
  AskVersion = 0;
  AskErrorText = 1;
  AskBatch = 2;
  AskPoll = 3;
  AskStatus = 4;
  AskStatistics = 5;
  AskHealth = 6;
  AskTemplates = 7;

function Check(Code: Integer): Integer;
begin
  if Code < 0 then
    raise EAlimi.CreateCode(Code);
  Result := Code;
end;

constructor EAlimi.CreateCode(ACode: Integer);
begin
  if ACode = ALIMI_ERR_FORKED then
    inherited Create('ALIMI_ERR_FORKED (-4): the process was forked after alimi_init; fork first')
  else
    inherited Create({$IFDEF FPC}string(UTF8Encode(AlimiLastError)){$ELSE}AlimiLastError{$ENDIF});
  Code := ACode;
end;

// Every function that gives a text.
function Call(Which, Number, Value: Integer; const Given: TAlimiText; Buf: PWideChar; Cap: Integer): Integer;
begin
  case Which of
    AskVersion: Result := alimi_version_w(Buf, Cap);
    AskErrorText: Result := alimi_error_text_w(Value, Buf, Cap);
    AskBatch: Result := alimi_send_batch_w(Number, PWideChar(Given), Buf, Cap);
    AskPoll: Result := alimi_poll_result_json_w(Number, Value, Buf, Cap);
    AskStatus: Result := alimi_get_status_json_w(Number, PWideChar(Given), Buf, Cap);
    AskStatistics: Result := alimi_get_stats_w(Number, PWideChar(Given), Buf, Cap);
    AskTemplates: Result := alimi_sync_templates_w(Number, Value, Buf, Cap);
  else
    Result := alimi_get_health_w(Number, Buf, Cap);
  end;
end;

// Calls with a buffer, and again with a larger one where that was too small.
function AskText(Which, Number, Value: Integer; const Given: TAlimiText; out Answer: TAlimiText): Integer;
var
  Buffer: TAlimiText;
  Size: Integer;
begin
  Size := 4096;
  repeat
    SetLength(Buffer, Size);
    Result := Call(Which, Number, Value, Given, PWideChar(Buffer), Size);
    Answer := PWideChar(Buffer);
    if Result = ALIMI_ERR_BUFFER_TOO_SMALL then
      Size := StrToInt(string(Answer)) + 256;
  until Result <> ALIMI_ERR_BUFFER_TOO_SMALL;
  Check(Result);
end;

function AlimiVersion: TAlimiText;
begin
  AskText(AskVersion, 0, 0, '', Result);
end;

function AlimiErrorText(Code: Integer): TAlimiText;
begin
  AskText(AskErrorText, 0, Code, '', Result);
end;

function AlimiLastError: TAlimiText;
var
  Buffer: array[0..ALIMI_ERROR_SIZE - 1] of WideChar;
begin
  Buffer[0] := #0;
  alimi_last_error_w(@Buffer[0], ALIMI_ERROR_SIZE);
  Result := PWideChar(@Buffer[0]);
end;

function AlimiMember(const Json, Name: TAlimiText): TAlimiText;
var
  At, I: Integer;
begin
  Result := '';
  // Inside a text every quotation mark has a backslash before it, so this can only be the name.
  At := Pos('"' + Name + '":', Json);
  if At = 0 then
    Exit;
  I := At + Length(Name) + 3;
  if Json[I] <> '"' then
  begin
    while (I <= Length(Json)) and (Json[I] <> ',') and (Json[I] <> '}') do
    begin
      Result := Result + Json[I];
      Inc(I);
    end;
    Exit;
  end;
  Inc(I);
  while (I <= Length(Json)) and (Json[I] <> '"') do
  begin
    if (Json[I] = '\') and (I < Length(Json)) then
    begin
      Inc(I);
      case Json[I] of
        'n': Result := Result + #10;
        'r': Result := Result + #13;
        't': Result := Result + #9;
        'b': Result := Result + #8;
        'f': Result := Result + #12;
        'u':
          begin
            Result := Result + WideChar(StrToInt('$' + string(Copy(Json, I + 1, 4))));
            Inc(I, 4);
          end;
      else
        Result := Result + Json[I];
      end;
    end
    else
      Result := Result + Json[I];
    Inc(I);
  end;
end;

function ResultOf(const Json: TAlimiText): TAlimiResult;
begin
  Result.Key := AlimiMember(Json, 'key');
  Result.State := AlimiMember(Json, 'state');
  Result.Channel := AlimiMember(Json, 'channel');
  Result.Certainty := AlimiMember(Json, 'certainty');
  Result.Attempts := StrToInt(string(AlimiMember(Json, 'attempts')));
  Result.Reason := AlimiMember(Json, 'reason');
  Result.Account := AlimiMember(Json, 'account');
  Result.Gateway := AlimiMember(Json, 'gateway');
  Result.GatewayId := AlimiMember(Json, 'gateway_id');
  Result.GatewayCode := AlimiMember(Json, 'gateway_code');
  Result.Template := AlimiMember(Json, 'template');
  Result.Tag := AlimiMember(Json, 'tag');
  Result.Created := AlimiMember(Json, 'created');
  Result.Sent := AlimiMember(Json, 'sent');
  Result.Finished := AlimiMember(Json, 'finished');
  Result.Text := AlimiMember(Json, 'text');
end;

var
  LogProc: TAlimiLogProc;

procedure OnLine(Level: Integer; Text: PAnsiChar; Context: Pointer); {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF};
var
  Proc: TAlimiLogProc;
begin
  Proc := LogProc;
  try
    if Assigned(Proc) then
      Proc(Level, {$IFDEF UNICODE}UTF8ToString(Text){$ELSE}UTF8Decode(Text){$ENDIF});
  except
    // Nothing may leave into alimi.
  end;
end;

function AlimiSetLog(Level: Integer; Proc: TAlimiLogProc): Integer;
begin
  // Now the memory manager must be ready for several threads.
  IsMultiThread := True;
  LogProc := Proc;
  if Assigned(Proc) then
    Result := Check(alimi_set_log_callback(Level, @OnLine, nil))
  else
    Result := Check(alimi_set_log_callback(Level, nil, nil));
end;

procedure OnResult(Client: Integer; Answer: PAlimiRawResult; Context: Pointer); {$IFDEF MSWINDOWS}stdcall{$ELSE}cdecl{$ENDIF};
var
  Owner: TAlimiClient;
  Event: TAlimiResultEvent;
begin
  try
    Owner := TAlimiClient(Context);
    Event := Owner.FOnResult;
    if Assigned(Event) then
      // The structure is in the encoding of the configuration, and has no template and no tag.
      Event(Owner, Owner.Status(TAlimiText(AnsiString(PAnsiChar(@Answer.key)))));
  except
    // Nothing may leave into alimi. What was not acknowledged comes again after the next start.
  end;
end;

constructor TAlimiClient.Create(const Config: TAlimiText);
begin
  inherited Create;
  Check(alimi_init_w(PWideChar(Config), @FNumber));
end;

destructor TAlimiClient.Destroy;
begin
  if FNumber <> 0 then
    alimi_shutdown(FNumber, 5000);
  inherited Destroy;
end;

function TAlimiClient.Ask(Which: Integer; Value: Integer; const Given: TAlimiText; out Answer: TAlimiText): Integer;
begin
  Result := AskText(Which, FNumber, Value, Given, Answer);
end;

function TAlimiClient.SendAlimtalk(const Key, Recipient, Template, Variables, Options: TAlimiText): TAlimiSent;
var
  Made: array[0..ALIMI_KEY_SIZE - 1] of WideChar;
begin
  Result.Duplicate := Check(alimi_send_alimtalk_w(FNumber, PWideChar(Key), PWideChar(Recipient), PWideChar(Template),
    PWideChar(Variables), PWideChar(Options), @Made[0], ALIMI_KEY_SIZE)) = ALIMI_DUPLICATE;
  Result.Key := PWideChar(@Made[0]);
end;

function TAlimiClient.SendText(const Key, Recipient, Text, Options: TAlimiText): TAlimiSent;
var
  Made: array[0..ALIMI_KEY_SIZE - 1] of WideChar;
begin
  Result.Duplicate := Check(alimi_send_text_w(FNumber, PWideChar(Key), PWideChar(Recipient), PWideChar(Text),
    PWideChar(Options), @Made[0], ALIMI_KEY_SIZE)) = ALIMI_DUPLICATE;
  Result.Key := PWideChar(@Made[0]);
end;

function TAlimiClient.SendBatch(const Messages: TAlimiText; out Verdicts: TAlimiText): Integer;
begin
  Result := Ask(AskBatch, 0, Messages, Verdicts);
end;

function TAlimiClient.Cancel(const Key: TAlimiText): Integer;
begin
  Result := Check(alimi_cancel_w(FNumber, PWideChar(Key)));
end;

function TAlimiClient.Poll(TimeoutMs: Integer; out Answer: TAlimiResult): Boolean;
var
  Json: TAlimiText;
begin
  Result := Ask(AskPoll, TimeoutMs, '', Json) = ALIMI_OK;
  if Result then
    Answer := ResultOf(Json);
end;

procedure TAlimiClient.Acknowledge(const Key: TAlimiText);
begin
  Check(alimi_ack_result_w(FNumber, PWideChar(Key)));
end;

function TAlimiClient.Status(const Key: TAlimiText): TAlimiResult;
var
  Json: TAlimiText;
begin
  Ask(AskStatus, 0, Key, Json);
  Result := ResultOf(Json);
end;

procedure TAlimiClient.Reload(const Config: TAlimiText);
begin
  Check(alimi_reload_w(FNumber, PWideChar(Config)));
end;

function TAlimiClient.SyncTemplates(TimeoutMs: Integer; out Report: TAlimiText): Integer;
begin
  Result := Ask(AskTemplates, TimeoutMs, '', Report);
end;

procedure TAlimiClient.Wake;
begin
  Check(alimi_wake(FNumber));
end;

function TAlimiClient.Flush(TimeoutMs: Integer): Boolean;
begin
  Result := Check(alimi_flush(FNumber, TimeoutMs)) = ALIMI_OK;
end;

function TAlimiClient.Statistics(const Query: TAlimiText): TAlimiText;
begin
  Ask(AskStatistics, 0, Query, Result);
end;

function TAlimiClient.Health: TAlimiText;
begin
  Ask(AskHealth, 0, '', Result);
end;

function TAlimiClient.SetOnResult(Event: TAlimiResultEvent): Integer;
begin
  IsMultiThread := True;
  // First the one before goes, so that no call sees half of the new one.
  Result := Check(alimi_set_result_callback(FNumber, nil, nil));
  FOnResult := Event;
  if Assigned(Event) then
    Result := Check(alimi_set_result_callback(FNumber, @OnResult, Self));
end;

function TAlimiClient.Shutdown(TimeoutMs: Integer): Integer;
begin
  Result := Check(alimi_shutdown(FNumber, TimeoutMs));
end;

end.
