$PBExportHeader$n_alimi_ansi.sru
$PBExportComments$alimi: KakaoTalk AlimTalk with SMS, LMS or MMS as fallback; the configuration must say "encoding": "cp949"
forward
global type n_alimi_ansi from nonvisualobject
end type
end forward

global type n_alimi_ansi from nonvisualobject
end type
global n_alimi_ansi n_alimi_ansi

type prototypes
// generated from include/alimi.h: functions
// Left out: functions with structures and callbacks. Those whose names end in json do the same.
FUNCTION long alimi_version(ref string a_buf, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_error_text(long a_code, ref string a_buf, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_last_error(ref string a_buf, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_init(string a_config, ref long a_out_client) LIBRARY "alimi.dll"
FUNCTION long alimi_shutdown(long a_client, long a_timeout_ms) LIBRARY "alimi.dll"
FUNCTION long alimi_flush(long a_client, long a_timeout_ms) LIBRARY "alimi.dll"
FUNCTION long alimi_send_alimtalk(long a_client, string a_key, string a_to, string a_template_name, string a_variables, string a_options, ref string a_out_key, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_send_text(long a_client, string a_key, string a_to, string a_text, string a_options, ref string a_out_key, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_send_batch(long a_client, string a_messages_json, ref string a_out_json, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_cancel(long a_client, string a_key) LIBRARY "alimi.dll"
FUNCTION long alimi_poll_result_json(long a_client, long a_timeout_ms, ref string a_buf, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_ack_result(long a_client, string a_key) LIBRARY "alimi.dll"
FUNCTION long alimi_get_status_json(long a_client, string a_key, ref string a_buf, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_wake(long a_client) LIBRARY "alimi.dll"
FUNCTION long alimi_reload(long a_client, string a_config) LIBRARY "alimi.dll"
FUNCTION long alimi_sync_templates(long a_client, long a_timeout_ms, ref string a_report_buf, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_get_stats(long a_client, string a_query, ref string a_buf, long a_cap) LIBRARY "alimi.dll"
FUNCTION long alimi_get_health(long a_client, ref string a_buf, long a_cap) LIBRARY "alimi.dll"
// end of what is generated
end prototypes

type variables
// Codes below 0 are errors, see of_error(); codes above 0 are notices.
// generated from include/alimi.h: constants
constant long ALIMI_OK = 0
constant long ALIMI_DUPLICATE = 1
constant long ALIMI_EMPTY = 2
constant long ALIMI_PENDING = 3
constant long ALIMI_PARTIAL = 4
constant long ALIMI_CALLBACK_RUNNING = 5
constant long ALIMI_ERR_INVALID_ARGUMENT = -1
constant long ALIMI_ERR_INVALID_HANDLE = -2
constant long ALIMI_ERR_CLOSED = -3
constant long ALIMI_ERR_FORKED = -4
constant long ALIMI_ERR_BUFFER_TOO_SMALL = -5
constant long ALIMI_ERR_ENCODING = -6
constant long ALIMI_ERR_NOT_FOUND = -7
constant long ALIMI_ERR_TOO_LATE = -8
constant long ALIMI_ERR_KEY_CONFLICT = -9
constant long ALIMI_ERR_UNKNOWN_OPTION = -10
constant long ALIMI_ERR_TOO_MANY_CLIENTS = -11
constant long ALIMI_ERR_UNFINISHED = -12
constant long ALIMI_ERR_INVALID_JSON = -13
constant long ALIMI_ERR_INSIDE_CALLBACK = -14
constant long ALIMI_ERR_CONFIG_SYNTAX = -100
constant long ALIMI_ERR_CONFIG_UNKNOWN_KEY = -101
constant long ALIMI_ERR_CONFIG_VALUE = -102
constant long ALIMI_ERR_CONFIG_FILE = -103
constant long ALIMI_ERR_CONFIG_SECRET = -104
constant long ALIMI_ERR_CONFIG_CONTRADICTION = -105
constant long ALIMI_ERR_OUTBOX_LOCKED = -200
constant long ALIMI_ERR_OUTBOX_FULL = -201
constant long ALIMI_ERR_DISK_FULL = -202
constant long ALIMI_ERR_OUTBOX_READ_ONLY = -203
constant long ALIMI_ERR_OUTBOX_CORRUPT = -204
constant long ALIMI_ERR_OUTBOX_IO = -205
constant long ALIMI_ERR_OUTBOX_VERSION = -206
constant long ALIMI_ERR_OUTBOX_PATH = -207
constant long ALIMI_ERR_OUTBOX_KEY = -208
constant long ALIMI_ERR_RECIPIENT = -300
constant long ALIMI_ERR_SENDER_NUMBER = -301
constant long ALIMI_ERR_UNKNOWN_ACCOUNT = -302
constant long ALIMI_ERR_UNKNOWN_TEMPLATE = -303
constant long ALIMI_ERR_VARIABLE_MISSING = -304
constant long ALIMI_ERR_VARIABLE_UNKNOWN = -305
constant long ALIMI_ERR_TEMPLATE_MISMATCH = -306
constant long ALIMI_ERR_TOO_LONG = -307
constant long ALIMI_ERR_NOT_CP949 = -308
constant long ALIMI_ERR_CONTENT = -309
constant long ALIMI_ERR_TIME = -310
constant long ALIMI_ERR_RECIPIENT_NOT_ALLOWED = -311
constant long ALIMI_ERR_RATE_LIMITED = -312
constant long ALIMI_ERR_IMAGE = -313
constant long ALIMI_ERR_UNKNOWN_GATEWAY = -314
constant long ALIMI_ERR_OPTION = -315
constant long ALIMI_ERR_INTERNAL = -900
constant long ALIMI_ERR_THREAD = -901
constant long ALIMI_STATE_QUEUED = 1
constant long ALIMI_STATE_SCHEDULED = 2
constant long ALIMI_STATE_SENDING = 3
constant long ALIMI_STATE_ACCEPTED = 4
constant long ALIMI_STATE_DELIVERED = 5
constant long ALIMI_STATE_FAILED = 6
constant long ALIMI_STATE_EXPIRED = 7
constant long ALIMI_STATE_CANCELLED = 8
constant long ALIMI_STATE_UNKNOWN = 9
constant long ALIMI_CHANNEL_ALIMTALK = 1
constant long ALIMI_CHANNEL_SMS = 2
constant long ALIMI_CHANNEL_LMS = 3
constant long ALIMI_CHANNEL_MMS = 4
constant long ALIMI_CERTAINTY_NOT_SENT = 1
constant long ALIMI_CERTAINTY_POSSIBLY_SENT = 2
constant long ALIMI_CERTAINTY_SENT = 3
constant long ALIMI_REASON_NONE = 0
constant long ALIMI_REASON_NOT_KAKAO_USER = 100
constant long ALIMI_REASON_BLOCKED_BY_RECIPIENT = 101
constant long ALIMI_REASON_KAKAO_UNREACHABLE = 102
constant long ALIMI_REASON_INVALID_RECIPIENT = 103
constant long ALIMI_REASON_HANDSET_UNREACHABLE = 104
constant long ALIMI_REASON_RECIPIENT_REFUSES = 105
constant long ALIMI_REASON_TEMPLATE_MISMATCH = 200
constant long ALIMI_REASON_TEMPLATE_UNAVAILABLE = 201
constant long ALIMI_REASON_CONTENT_REFUSED = 202
constant long ALIMI_REASON_SPAM = 203
constant long ALIMI_REASON_DUPLICATE_REFUSED = 204
constant long ALIMI_REASON_RECIPIENT_NOT_ALLOWED = 205
constant long ALIMI_REASON_SENDER_KEY_INVALID = 300
constant long ALIMI_REASON_SENDER_NUMBER_INVALID = 301
constant long ALIMI_REASON_CREDENTIALS_REFUSED = 302
constant long ALIMI_REASON_BALANCE_EXHAUSTED = 303
constant long ALIMI_REASON_GATEWAY_CONFIGURATION = 304
constant long ALIMI_REASON_THROTTLED = 400
constant long ALIMI_REASON_GATEWAY_ERROR = 401
constant long ALIMI_REASON_CONNECTION_FAILED = 402
constant long ALIMI_REASON_OUTSIDE_HOURS = 403
constant long ALIMI_REASON_ANSWER_LOST = 500
constant long ALIMI_REASON_DELIVERY_UNCONFIRMED = 501
constant long ALIMI_REASON_REPORT_OVERDUE = 502
constant long ALIMI_REASON_INTERRUPTED = 503
constant long ALIMI_REASON_OUTBOX_DAMAGED = 504
constant long ALIMI_REASON_EXPIRED = 600
constant long ALIMI_REASON_CANCELLED_BY_CALLER = 601
constant long ALIMI_REASON_OTHER = 900
constant long ALIMI_LOG_OFF = 0
constant long ALIMI_LOG_ERROR = 1
constant long ALIMI_LOG_WARN = 2
constant long ALIMI_LOG_INFO = 3
constant long ALIMI_LOG_DEBUG = 4
constant long ALIMI_LOG_TRACE = 5
constant long ALIMI_KEY_SIZE = 65
constant long ALIMI_ERROR_SIZE = 1024
constant long ALIMI_BATCH_ENTRY_SIZE = 512
constant long ALIMI_RESULT_SIZE_MIN = 92
constant long ALIMI_TIMEOUT_MAX = 3600000
constant long ALIMI_CLIENTS_MAX = 256
// end of what is generated

protected:
long il_client
end variables

forward prototypes
public function long of_init (string as_config)
public function long of_shutdown (long al_timeout_ms)
public function long of_send_alimtalk (ref string as_key, string as_to, string as_template, string as_variables, string as_options)
public function long of_send_text (ref string as_key, string as_to, string as_text, string as_options)
public function long of_send_batch (string as_messages, ref string as_verdicts)
public function long of_cancel (string as_key)
public function long of_poll (long al_timeout_ms, ref string as_result)
public function long of_ack (string as_key)
public function long of_status (string as_key, ref string as_result)
public function long of_reload (string as_config)
public function long of_sync_templates (long al_timeout_ms, ref string as_report)
public function long of_wake ()
public function long of_flush (long al_timeout_ms)
public function long of_stats (string as_query, ref string as_answer)
public function long of_health (ref string as_answer)
public function string of_error ()
public function string of_error_text (long al_code)
public function string of_version ()
public function string of_member (string as_json, string as_name)
end prototypes

public function long of_init (string as_config);// as_config is JSON text, or the path of a JSON file.
return alimi_init(as_config, il_client)
end function

public function long of_shutdown (long al_timeout_ms);// ALIMI_OK, or ALIMI_PENDING: what has not left goes out after the next of_init.
long ll_code

ll_code = alimi_shutdown(il_client, al_timeout_ms)
if ll_code >= 0 then il_client = 0
return ll_code
end function

public function long of_send_alimtalk (ref string as_key, string as_to, string as_template, string as_variables, string as_options);// Keeps one AlimTalk: when it returns 0, the message is on disk. An empty as_key receives the key that alimi makes.
long ll_code
string ls_key

ls_key = Space(ALIMI_KEY_SIZE)
ll_code = alimi_send_alimtalk(il_client, as_key, as_to, as_template, as_variables, as_options, ls_key, ALIMI_KEY_SIZE)
if ll_code >= 0 then as_key = ls_key
return ll_code
end function

public function long of_send_text (ref string as_key, string as_to, string as_text, string as_options);// Keeps one SMS, LMS or MMS.
long ll_code
string ls_key

ls_key = Space(ALIMI_KEY_SIZE)
ll_code = alimi_send_text(il_client, as_key, as_to, as_text, as_options, ls_key, ALIMI_KEY_SIZE)
if ll_code >= 0 then as_key = ls_key
return ll_code
end function

public function long of_send_batch (string as_messages, ref string as_verdicts);// Keeps many messages; as_verdicts receives JSON. ALIMI_OK, ALIMI_DUPLICATE or ALIMI_PARTIAL.
long ll_size = 4096, ll_code
string ls_buffer

do
	ls_buffer = Space(ll_size)
	ll_code = alimi_send_batch(il_client, as_messages, ls_buffer, ll_size)
	if ll_code = ALIMI_ERR_BUFFER_TOO_SMALL then ll_size = Long(ls_buffer) + 256
loop while ll_code = ALIMI_ERR_BUFFER_TOO_SMALL
as_verdicts = ls_buffer
return ll_code
end function

public function long of_cancel (string as_key);// ALIMI_OK; ALIMI_PENDING while the gateway that holds it for later is asked to take it back: the result says whether.
return alimi_cancel(il_client, as_key)
end function

public function long of_poll (long al_timeout_ms, ref string as_result);// Takes the next final result as JSON, see of_member; ALIMI_EMPTY when there is none. Call it with 0 from a timer event.
long ll_size = 4096, ll_code
string ls_buffer

do
	ls_buffer = Space(ll_size)
	ll_code = alimi_poll_result_json(il_client, al_timeout_ms, ls_buffer, ll_size)
	if ll_code = ALIMI_ERR_BUFFER_TOO_SMALL then ll_size = Long(ls_buffer) + 256
loop while ll_code = ALIMI_ERR_BUFFER_TOO_SMALL
if ll_code = ALIMI_OK then as_result = ls_buffer
return ll_code
end function

public function long of_ack (string as_key);// Lets a result go, once you have stored what you need of it.
return alimi_ack_result(il_client, as_key)
end function

public function long of_status (string as_key, ref string as_result);// Where a message stands, as JSON.
long ll_size = 4096, ll_code
string ls_buffer

do
	ls_buffer = Space(ll_size)
	ll_code = alimi_get_status_json(il_client, as_key, ls_buffer, ll_size)
	if ll_code = ALIMI_ERR_BUFFER_TOO_SMALL then ll_size = Long(ls_buffer) + 256
loop while ll_code = ALIMI_ERR_BUFFER_TOO_SMALL
if ll_code = ALIMI_OK then as_result = ls_buffer
return ll_code
end function

public function long of_reload (string as_config);// Gives the running client another configuration; on an error nothing has changed.
return alimi_reload(il_client, as_config)
end function

public function long of_sync_templates (long al_timeout_ms, ref string as_report);// Asks every gateway for its approved templates and compares them with the configuration; as_report receives JSON. ALIMI_OK, or ALIMI_PENDING when the time ran out and asking goes on.
long ll_size = 4096, ll_code
string ls_buffer

do
	ls_buffer = Space(ll_size)
	ll_code = alimi_sync_templates(il_client, al_timeout_ms, ls_buffer, ll_size)
	if ll_code = ALIMI_ERR_BUFFER_TOO_SMALL then ll_size = Long(ls_buffer) + 256
loop while ll_code = ALIMI_ERR_BUFFER_TOO_SMALL
if ll_code >= 0 then as_report = ls_buffer
return ll_code
end function

public function long of_wake ();return alimi_wake(il_client)
end function

public function long of_flush (long al_timeout_ms);return alimi_flush(il_client, al_timeout_ms)
end function

public function long of_stats (string as_query, ref string as_answer);// JSON, or CSV where the query says format=csv.
long ll_size = 4096, ll_code
string ls_buffer

do
	ls_buffer = Space(ll_size)
	ll_code = alimi_get_stats(il_client, as_query, ls_buffer, ll_size)
	if ll_code = ALIMI_ERR_BUFFER_TOO_SMALL then ll_size = Long(ls_buffer) + 256
loop while ll_code = ALIMI_ERR_BUFFER_TOO_SMALL
if ll_code = ALIMI_OK then as_answer = ls_buffer
return ll_code
end function

public function long of_health (ref string as_answer);long ll_size = 4096, ll_code
string ls_buffer

do
	ls_buffer = Space(ll_size)
	ll_code = alimi_get_health(il_client, ls_buffer, ll_size)
	if ll_code = ALIMI_ERR_BUFFER_TOO_SMALL then ll_size = Long(ls_buffer) + 256
loop while ll_code = ALIMI_ERR_BUFFER_TOO_SMALL
if ll_code = ALIMI_OK then as_answer = ls_buffer
return ll_code
end function

public function string of_error ();// The details of the last error: which argument, file or key, what was wrong, what is allowed.
string ls_buffer

ls_buffer = Space(ALIMI_ERROR_SIZE)
alimi_last_error(ls_buffer, ALIMI_ERROR_SIZE)
return ls_buffer
end function

public function string of_error_text (long al_code);// Name and meaning of a code.
string ls_buffer

ls_buffer = Space(ALIMI_ERROR_SIZE)
if alimi_error_text(al_code, ls_buffer, ALIMI_ERROR_SIZE) <> ALIMI_OK then return ""
return ls_buffer
end function

public function string of_version ();string ls_buffer

ls_buffer = Space(32)
alimi_version(ls_buffer, 32)
return ls_buffer
end function

public function string of_member (string as_json, string as_name);// A member of a flat JSON object, as alimi writes them; empty where there is none.
long ll_at
string ls_value, ls_char

// Inside a text every quotation mark has a backslash before it, so this can only be the name.
ll_at = Pos(as_json, '"' + as_name + '":')
if ll_at = 0 then return ""
ll_at = ll_at + Len(as_name) + 3
if Mid(as_json, ll_at, 1) <> '"' then
	do while ll_at <= Len(as_json) and Pos(",}", Mid(as_json, ll_at, 1)) = 0
		ls_value = ls_value + Mid(as_json, ll_at, 1)
		ll_at ++
	loop
	return ls_value
end if
ll_at ++
do while ll_at <= Len(as_json) and Mid(as_json, ll_at, 1) <> '"'
	ls_char = Mid(as_json, ll_at, 1)
	if ls_char = "\" then
		ll_at ++
		ls_char = Mid(as_json, ll_at, 1)
		choose case ls_char
			case "n"
				ls_char = "~n"
			case "r"
				ls_char = "~r"
			case "t"
				ls_char = "~t"
			case "u"
				// A control character, or one that the code page lacks.
				ls_char = "?"
				ll_at = ll_at + 4
		end choose
	end if
	ls_value = ls_value + ls_char
	ll_at ++
loop
return ls_value
end function

on n_alimi_ansi.create
call super::create
TriggerEvent( this, "constructor" )
end on

on n_alimi_ansi.destroy
TriggerEvent( this, "destructor" )
call super::destroy
end on

event destructor;// What has not left stays in the outbox.
if il_client <> 0 then alimi_shutdown(il_client, 1000)
end event

