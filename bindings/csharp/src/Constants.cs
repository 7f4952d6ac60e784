// Generated from include/alimi.h by bindings/constants.py.
namespace Alimi
{
    /// <summary>States of a message; 5 and above are final.</summary>
    public enum AlimiState
    {
        /// <summary>Waits for its turn.</summary>
        Queued = 1,
        /// <summary>Waits for its `send_at`.</summary>
        Scheduled = 2,
        /// <summary>A request that carries it is under way, or its fate is being settled with the gateway.</summary>
        Sending = 3,
        /// <summary>The gateway took it; the report of delivery is awaited.</summary>
        Accepted = 4,
        /// <summary>Final: the gateway reported delivery.</summary>
        Delivered = 5,
        /// <summary>Final: it was certainly not delivered.</summary>
        Failed = 6,
        /// <summary>Final: its time ran out before it left.</summary>
        Expired = 7,
        /// <summary>Final: the caller cancelled it before it left.</summary>
        Cancelled = 8,
        /// <summary>Final: it may have been delivered; nobody can tell.</summary>
        Unknown = 9,
    }

    /// <summary>Channels.</summary>
    public enum AlimiChannel
    {
        /// <summary>KakaoTalk AlimTalk.</summary>
        Alimtalk = 1,
        /// <summary>Short message, at most 90 bytes in CP949.</summary>
        Sms = 2,
        /// <summary>Long message, at most 2,000 bytes in CP949.</summary>
        Lms = 3,
        /// <summary>Long message with images.</summary>
        Mms = 4,
    }

    /// <summary>Whether a message left by its channel.</summary>
    public enum AlimiCertainty
    {
        /// <summary>It certainly did not go out by the channel named.</summary>
        NotSent = 1,
        /// <summary>It may have gone out.</summary>
        PossiblySent = 2,
        /// <summary>The gateway confirmed it.</summary>
        Sent = 3,
    }

    /// <summary>Why a message ended, or last failed, as it did.</summary>
    public enum AlimiReason
    {
        /// <summary>Nothing to say: delivered, or still under way.</summary>
        None = 0,
        /// <summary>The number belongs to no KakaoTalk user.</summary>
        NotKakaoUser = 100,
        /// <summary>The recipient blocks the channel or AlimTalk.</summary>
        BlockedByRecipient = 101,
        /// <summary>KakaoTalk cannot deliver there: not used lately, too old, or another SIM.</summary>
        KakaoUnreachable = 102,
        /// <summary>The number does not exist or cannot take messages.</summary>
        InvalidRecipient = 103,
        /// <summary>The handset is off, out of reach, busy or full.</summary>
        HandsetUnreachable = 104,
        /// <summary>The recipient or the carrier refuses messages of this sender.</summary>
        RecipientRefuses = 105,
        /// <summary>Text, buttons, title or items differ from the approved template.</summary>
        TemplateMismatch = 200,
        /// <summary>The template is missing, not approved, dormant or stopped.</summary>
        TemplateUnavailable = 201,
        /// <summary>The gateway refuses the content: length, characters, fields.</summary>
        ContentRefused = 202,
        /// <summary>A spam filter refused it.</summary>
        Spam = 203,
        /// <summary>The gateway took it for a repeat of an earlier message.</summary>
        DuplicateRefused = 204,
        /// <summary>The recipient is outside what the gateway allows, e.g. the range of the sandbox.</summary>
        RecipientNotAllowed = 205,
        /// <summary>The sender key or channel is wrong, blocked or closed.</summary>
        SenderKeyInvalid = 300,
        /// <summary>The sender number is not registered or is barred.</summary>
        SenderNumberInvalid = 301,
        /// <summary>The gateway refuses the login, the contract or the address of this host.</summary>
        CredentialsRefused = 302,
        /// <summary>The balance or quota with the vendor is used up.</summary>
        BalanceExhausted = 303,
        /// <summary>The gateway refuses the request for another matter of set-up.</summary>
        GatewayConfiguration = 304,
        /// <summary>The gateway asks to slow down.</summary>
        Throttled = 400,
        /// <summary>The gateway or the network behind it has a fault.</summary>
        GatewayError = 401,
        /// <summary>The gateway cannot be reached.</summary>
        ConnectionFailed = 402,
        /// <summary>Not allowed at this hour.</summary>
        OutsideHours = 403,
        /// <summary>The request left and no answer came.</summary>
        AnswerLost = 500,
        /// <summary>The gateway itself cannot tell whether it arrived.</summary>
        DeliveryUnconfirmed = 501,
        /// <summary>No report came within the time set for it.</summary>
        ReportOverdue = 502,
        /// <summary>The program ended while the request was under way.</summary>
        Interrupted = 503,
        /// <summary>The outbox was damaged: it may have been sent already.</summary>
        OutboxDamaged = 504,
        /// <summary>Its time ran out before it could leave.</summary>
        Expired = 600,
        /// <summary>The caller cancelled it.</summary>
        CancelledByCaller = 601,
        /// <summary>The gateway gave a code that is not in its documents.</summary>
        Other = 900,
    }

    /// <summary>Levels of the log.</summary>
    public enum AlimiLog
    {
        /// <summary>Nothing.</summary>
        Off = 0,
        /// <summary>What the operator must look at.</summary>
        Error = 1,
        /// <summary>What may need a look.</summary>
        Warn = 2,
        /// <summary>What alimi does, in few lines.</summary>
        Info = 3,
        /// <summary>The way of every message.</summary>
        Debug = 4,
        /// <summary>Everything.</summary>
        Trace = 5,
    }

    /// <summary>Codes: 0 done, above 0 done with a notice, below 0 refused and nothing changed.</summary>
    public enum AlimiCode
    {
        /// <summary>Done.</summary>
        Ok = 0,
        /// <summary>Notice: this key with the same content was accepted before; it stays one message.</summary>
        Duplicate = 1,
        /// <summary>Notice: no result is waiting.</summary>
        Empty = 2,
        /// <summary>Notice: not finished yet; it goes on by itself. After a shutdown: messages remain in the outbox for the next start.</summary>
        Pending = 3,
        /// <summary>Notice: messages of the batch were refused; the verdicts say which and why.</summary>
        Partial = 4,
        /// <summary>Notice: a callback is still running; keep what it uses until it returns.</summary>
        CallbackRunning = 5,
        /// <summary>An argument is missing, too long or outside its range.</summary>
        InvalidArgument = -1,
        /// <summary>The client number was never given out, or its client was shut down.</summary>
        InvalidHandle = -2,
        /// <summary>The client is shutting down and takes nothing more.</summary>
        Closed = -3,
        /// <summary>The process was forked after alimi_init; the child cannot use alimi. Fork first, then call alimi_init.</summary>
        Forked = -4,
        /// <summary>The buffer is too small; the size needed is in it, where it fits, and in the details.</summary>
        BufferTooSmall = -5,
        /// <summary>Text is not valid in the encoding of the client, or cannot be written in it.</summary>
        Encoding = -6,
        /// <summary>No message with this key is in the outbox.</summary>
        NotFound = -7,
        /// <summary>The message has left or has ended; it cannot be cancelled.</summary>
        TooLate = -8,
        /// <summary>The key belongs to an earlier message with other content.</summary>
        KeyConflict = -9,
        /// <summary>An option name is not known.</summary>
        UnknownOption = -10,
        /// <summary>This process has too many open clients.</summary>
        TooManyClients = -11,
        /// <summary>The message has no final result yet, so there is nothing to acknowledge.</summary>
        Unfinished = -12,
        /// <summary>The text is not the JSON that this argument takes.</summary>
        InvalidJson = -13,
        /// <summary>The log callback holds up the thread that would have to do this; call it from elsewhere.</summary>
        InsideCallback = -14,
        /// <summary>The configuration is not valid JSON.</summary>
        ConfigSyntax = -100,
        /// <summary>The configuration has a key that is not known.</summary>
        ConfigUnknownKey = -101,
        /// <summary>A value of the configuration has the wrong type or is outside its range.</summary>
        ConfigValue = -102,
        /// <summary>A file of the configuration cannot be read.</summary>
        ConfigFile = -103,
        /// <summary>A secret cannot be read from its variable or file.</summary>
        ConfigSecret = -104,
        /// <summary>Two parts of the configuration contradict each other.</summary>
        ConfigContradiction = -105,
        /// <summary>Another process or client holds the outbox.</summary>
        OutboxLocked = -200,
        /// <summary>The outbox holds as many messages or bytes as its configuration allows.</summary>
        OutboxFull = -201,
        /// <summary>The disk of the outbox is full; what was accepted is kept.</summary>
        DiskFull = -202,
        /// <summary>The outbox cannot be written.</summary>
        OutboxReadOnly = -203,
        /// <summary>The outbox file is damaged or is not an outbox.</summary>
        OutboxCorrupt = -204,
        /// <summary>Reading, writing or syncing the outbox failed.</summary>
        OutboxIo = -205,
        /// <summary>The outbox was written by a newer version of alimi.</summary>
        OutboxVersion = -206,
        /// <summary>The outbox cannot be opened or created at its path.</summary>
        OutboxPath = -207,
        /// <summary>The outbox is sealed with another key than the configuration gives.</summary>
        OutboxKey = -208,
        /// <summary>The recipient is not a Korean number that can take messages.</summary>
        Recipient = -300,
        /// <summary>The sender number is missing or has no form that carriers allow.</summary>
        SenderNumber = -301,
        /// <summary>The account is not in the configuration.</summary>
        UnknownAccount = -302,
        /// <summary>The template is not in the configuration.</summary>
        UnknownTemplate = -303,
        /// <summary>A variable of the template has no value.</summary>
        VariableMissing = -304,
        /// <summary>The template has no variable of this name.</summary>
        VariableUnknown = -305,
        /// <summary>The text differs from the approved template, or the gateway is known not to have that template so.</summary>
        TemplateMismatch = -306,
        /// <summary>A part of the message is longer than the channel allows.</summary>
        TooLong = -307,
        /// <summary>SMS, LMS and MMS cannot carry a character of the text.</summary>
        NotCp949 = -308,
        /// <summary>A part of the message breaks a rule of the channel.</summary>
        Content = -309,
        /// <summary>A time of the message is malformed or outside its range.</summary>
        Time = -310,
        /// <summary>The configuration or the gateway does not allow this recipient.</summary>
        RecipientNotAllowed = -311,
        /// <summary>More messages per minute than max_per_minute allows.</summary>
        RateLimited = -312,
        /// <summary>An image cannot be read or breaks the rules of MMS.</summary>
        Image = -313,
        /// <summary>The gateway is not in the configuration.</summary>
        UnknownGateway = -314,
        /// <summary>An option has a value that is not allowed.</summary>
        Option = -315,
        /// <summary>A fault inside alimi; the outbox is kept.</summary>
        Internal = -900,
        /// <summary>The system did not give a thread.</summary>
        Thread = -901,
    }

    /// <summary>Sizes and limits.</summary>
    public static class AlimiLimits
    {
        /// <summary>Bytes that hold every key and its NUL.</summary>
        public const int KeySize = 65;
        /// <summary>Bytes that hold every text of alimi_last_error and alimi_error_text and its NUL.</summary>
        public const int ErrorSize = 1024;
        /// <summary>Bytes of out_json that alimi_send_batch needs for each message, and as many once more.</summary>
        public const int BatchEntrySize = 512;
        /// <summary>Smallest size of an alimi_result_t: its members up to and with `key`.</summary>
        public const int ResultSizeMin = 92;
        /// <summary>Longest wait of any function in milliseconds (one hour); a longer timeout means this one.</summary>
        public const int TimeoutMax = 3600000;
        /// <summary>Most clients open in one process.</summary>
        public const int ClientsMax = 256;
    }
}
