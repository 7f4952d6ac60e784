Attribute VB_Name = "Alimi"
' alimi for Visual Basic 6 and 32-bit VBA: the declarations of alimi.h. AlimiClient.cls is the class over them.
'
' Visual Basic has its texts in UTF-16, and StrPtr(text) hands them over as they are: use the functions whose names end in _w.
' The others receive what Windows makes of a text in its code page, where every character that it lacks becomes "?".
Option Explicit

' Error numbers of AlimiClient: this and the code, which is below 0. Code = Err.Number - ALIMI_ERROR_BASE.
Public Const ALIMI_ERROR_BASE As Long = &H80040000 + 4096

' generated from include/alimi.h
Public Const ALIMI_OK As Long = 0
Public Const ALIMI_DUPLICATE As Long = 1
Public Const ALIMI_EMPTY As Long = 2
Public Const ALIMI_PENDING As Long = 3
Public Const ALIMI_PARTIAL As Long = 4
Public Const ALIMI_CALLBACK_RUNNING As Long = 5
Public Const ALIMI_ERR_INVALID_ARGUMENT As Long = -1
Public Const ALIMI_ERR_INVALID_HANDLE As Long = -2
Public Const ALIMI_ERR_CLOSED As Long = -3
Public Const ALIMI_ERR_FORKED As Long = -4
Public Const ALIMI_ERR_BUFFER_TOO_SMALL As Long = -5
Public Const ALIMI_ERR_ENCODING As Long = -6
Public Const ALIMI_ERR_NOT_FOUND As Long = -7
Public Const ALIMI_ERR_TOO_LATE As Long = -8
Public Const ALIMI_ERR_KEY_CONFLICT As Long = -9
Public Const ALIMI_ERR_UNKNOWN_OPTION As Long = -10
Public Const ALIMI_ERR_TOO_MANY_CLIENTS As Long = -11
Public Const ALIMI_ERR_UNFINISHED As Long = -12
Public Const ALIMI_ERR_INVALID_JSON As Long = -13
Public Const ALIMI_ERR_INSIDE_CALLBACK As Long = -14
Public Const ALIMI_ERR_CONFIG_SYNTAX As Long = -100
Public Const ALIMI_ERR_CONFIG_UNKNOWN_KEY As Long = -101
Public Const ALIMI_ERR_CONFIG_VALUE As Long = -102
Public Const ALIMI_ERR_CONFIG_FILE As Long = -103
Public Const ALIMI_ERR_CONFIG_SECRET As Long = -104
Public Const ALIMI_ERR_CONFIG_CONTRADICTION As Long = -105
Public Const ALIMI_ERR_OUTBOX_LOCKED As Long = -200
Public Const ALIMI_ERR_OUTBOX_FULL As Long = -201
Public Const ALIMI_ERR_DISK_FULL As Long = -202
Public Const ALIMI_ERR_OUTBOX_READ_ONLY As Long = -203
Public Const ALIMI_ERR_OUTBOX_CORRUPT As Long = -204
Public Const ALIMI_ERR_OUTBOX_IO As Long = -205
Public Const ALIMI_ERR_OUTBOX_VERSION As Long = -206
Public Const ALIMI_ERR_OUTBOX_PATH As Long = -207
Public Const ALIMI_ERR_OUTBOX_KEY As Long = -208
Public Const ALIMI_ERR_RECIPIENT As Long = -300
Public Const ALIMI_ERR_SENDER_NUMBER As Long = -301
Public Const ALIMI_ERR_UNKNOWN_ACCOUNT As Long = -302
Public Const ALIMI_ERR_UNKNOWN_TEMPLATE As Long = -303
Public Const ALIMI_ERR_VARIABLE_MISSING As Long = -304
Public Const ALIMI_ERR_VARIABLE_UNKNOWN As Long = -305
Public Const ALIMI_ERR_TEMPLATE_MISMATCH As Long = -306
Public Const ALIMI_ERR_TOO_LONG As Long = -307
Public Const ALIMI_ERR_NOT_CP949 As Long = -308
Public Const ALIMI_ERR_CONTENT As Long = -309
Public Const ALIMI_ERR_TIME As Long = -310
Public Const ALIMI_ERR_RECIPIENT_NOT_ALLOWED As Long = -311
Public Const ALIMI_ERR_RATE_LIMITED As Long = -312
Public Const ALIMI_ERR_IMAGE As Long = -313
Public Const ALIMI_ERR_UNKNOWN_GATEWAY As Long = -314
Public Const ALIMI_ERR_OPTION As Long = -315
Public Const ALIMI_ERR_INTERNAL As Long = -900
Public Const ALIMI_ERR_THREAD As Long = -901
Public Const ALIMI_STATE_QUEUED As Long = 1
Public Const ALIMI_STATE_SCHEDULED As Long = 2
Public Const ALIMI_STATE_SENDING As Long = 3
Public Const ALIMI_STATE_ACCEPTED As Long = 4
Public Const ALIMI_STATE_DELIVERED As Long = 5
Public Const ALIMI_STATE_FAILED As Long = 6
Public Const ALIMI_STATE_EXPIRED As Long = 7
Public Const ALIMI_STATE_CANCELLED As Long = 8
Public Const ALIMI_STATE_UNKNOWN As Long = 9
Public Const ALIMI_CHANNEL_ALIMTALK As Long = 1
Public Const ALIMI_CHANNEL_SMS As Long = 2
Public Const ALIMI_CHANNEL_LMS As Long = 3
Public Const ALIMI_CHANNEL_MMS As Long = 4
Public Const ALIMI_CERTAINTY_NOT_SENT As Long = 1
Public Const ALIMI_CERTAINTY_POSSIBLY_SENT As Long = 2
Public Const ALIMI_CERTAINTY_SENT As Long = 3
Public Const ALIMI_REASON_NONE As Long = 0
Public Const ALIMI_REASON_NOT_KAKAO_USER As Long = 100
Public Const ALIMI_REASON_BLOCKED_BY_RECIPIENT As Long = 101
Public Const ALIMI_REASON_KAKAO_UNREACHABLE As Long = 102
Public Const ALIMI_REASON_INVALID_RECIPIENT As Long = 103
Public Const ALIMI_REASON_HANDSET_UNREACHABLE As Long = 104
Public Const ALIMI_REASON_RECIPIENT_REFUSES As Long = 105
Public Const ALIMI_REASON_TEMPLATE_MISMATCH As Long = 200
Public Const ALIMI_REASON_TEMPLATE_UNAVAILABLE As Long = 201
Public Const ALIMI_REASON_CONTENT_REFUSED As Long = 202
Public Const ALIMI_REASON_SPAM As Long = 203
Public Const ALIMI_REASON_DUPLICATE_REFUSED As Long = 204
Public Const ALIMI_REASON_RECIPIENT_NOT_ALLOWED As Long = 205
Public Const ALIMI_REASON_SENDER_KEY_INVALID As Long = 300
Public Const ALIMI_REASON_SENDER_NUMBER_INVALID As Long = 301
Public Const ALIMI_REASON_CREDENTIALS_REFUSED As Long = 302
Public Const ALIMI_REASON_BALANCE_EXHAUSTED As Long = 303
Public Const ALIMI_REASON_GATEWAY_CONFIGURATION As Long = 304
Public Const ALIMI_REASON_THROTTLED As Long = 400
Public Const ALIMI_REASON_GATEWAY_ERROR As Long = 401
Public Const ALIMI_REASON_CONNECTION_FAILED As Long = 402
Public Const ALIMI_REASON_OUTSIDE_HOURS As Long = 403
Public Const ALIMI_REASON_ANSWER_LOST As Long = 500
Public Const ALIMI_REASON_DELIVERY_UNCONFIRMED As Long = 501
Public Const ALIMI_REASON_REPORT_OVERDUE As Long = 502
Public Const ALIMI_REASON_INTERRUPTED As Long = 503
Public Const ALIMI_REASON_OUTBOX_DAMAGED As Long = 504
Public Const ALIMI_REASON_EXPIRED As Long = 600
Public Const ALIMI_REASON_CANCELLED_BY_CALLER As Long = 601
Public Const ALIMI_REASON_OTHER As Long = 900
Public Const ALIMI_LOG_OFF As Long = 0
Public Const ALIMI_LOG_ERROR As Long = 1
Public Const ALIMI_LOG_WARN As Long = 2
Public Const ALIMI_LOG_INFO As Long = 3
Public Const ALIMI_LOG_DEBUG As Long = 4
Public Const ALIMI_LOG_TRACE As Long = 5
Public Const ALIMI_KEY_SIZE As Long = 65
Public Const ALIMI_ERROR_SIZE As Long = 1024
Public Const ALIMI_BATCH_ENTRY_SIZE As Long = 512
Public Const ALIMI_RESULT_SIZE_MIN As Long = 92
Public Const ALIMI_TIMEOUT_MAX As Long = 3600000
Public Const ALIMI_CLIENTS_MAX As Long = 256

' alimi_result_t: texts end with a zero byte, in the encoding of the client.
Public Type AlimiRawResult
    size As Long
    state As Long
    channel As Long
    certainty As Long
    attempts As Long
    reason As Long
    key(0 To 67) As Byte
    account(0 To 127) As Byte
    gateway(0 To 63) As Byte
    gateway_id(0 To 127) As Byte
    gateway_code(0 To 31) As Byte
    created(0 To 31) As Byte
    sent(0 To 31) As Byte
    finished(0 To 31) As Byte
    text(0 To 255) As Byte
End Type

' Functions whose names end in _w take StrPtr(text); the others convert with the code page of Windows.
' Left out: functions with callbacks. They come from a thread of alimi, which Visual Basic 6 does not bear.
Public Declare Function alimi_version Lib "alimi.dll" (ByVal buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_error_text Lib "alimi.dll" (ByVal code_ As Long, ByVal buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_last_error Lib "alimi.dll" (ByVal buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_init Lib "alimi.dll" (ByVal config_ As String, ByRef out_client_ As Long) As Long
Public Declare Function alimi_shutdown Lib "alimi.dll" (ByVal client_ As Long, ByVal timeout_ms_ As Long) As Long
Public Declare Function alimi_flush Lib "alimi.dll" (ByVal client_ As Long, ByVal timeout_ms_ As Long) As Long
Public Declare Function alimi_send_alimtalk Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As String, ByVal to_ As String, ByVal template_name_ As String, ByVal variables_ As String, ByVal options_ As String, ByVal out_key_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_send_text Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As String, ByVal to_ As String, ByVal text_ As String, ByVal options_ As String, ByVal out_key_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_send_batch Lib "alimi.dll" (ByVal client_ As Long, ByVal messages_json_ As String, ByVal out_json_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_cancel Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As String) As Long
Public Declare Function alimi_poll_result Lib "alimi.dll" (ByVal client_ As Long, ByVal timeout_ms_ As Long, ByRef inout_result_ As AlimiRawResult) As Long
Public Declare Function alimi_poll_result_json Lib "alimi.dll" (ByVal client_ As Long, ByVal timeout_ms_ As Long, ByVal buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_ack_result Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As String) As Long
Public Declare Function alimi_get_status Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As String, ByRef inout_result_ As AlimiRawResult) As Long
Public Declare Function alimi_get_status_json Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As String, ByVal buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_wake Lib "alimi.dll" (ByVal client_ As Long) As Long
Public Declare Function alimi_reload Lib "alimi.dll" (ByVal client_ As Long, ByVal config_ As String) As Long
Public Declare Function alimi_sync_templates Lib "alimi.dll" (ByVal client_ As Long, ByVal timeout_ms_ As Long, ByVal report_buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_get_stats Lib "alimi.dll" (ByVal client_ As Long, ByVal query_ As String, ByVal buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_get_health Lib "alimi.dll" (ByVal client_ As Long, ByVal buf_ As String, ByVal cap_ As Long) As Long
Public Declare Function alimi_version_w Lib "alimi.dll" (ByVal buf_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_error_text_w Lib "alimi.dll" (ByVal code_ As Long, ByVal buf_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_last_error_w Lib "alimi.dll" (ByVal buf_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_init_w Lib "alimi.dll" (ByVal config_ As Long, ByRef out_client_ As Long) As Long
Public Declare Function alimi_reload_w Lib "alimi.dll" (ByVal client_ As Long, ByVal config_ As Long) As Long
Public Declare Function alimi_send_alimtalk_w Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As Long, ByVal to_ As Long, ByVal template_name_ As Long, ByVal variables_ As Long, ByVal options_ As Long, ByVal out_key_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_send_text_w Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As Long, ByVal to_ As Long, ByVal text_ As Long, ByVal options_ As Long, ByVal out_key_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_send_batch_w Lib "alimi.dll" (ByVal client_ As Long, ByVal messages_json_ As Long, ByVal out_json_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_cancel_w Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As Long) As Long
Public Declare Function alimi_poll_result_json_w Lib "alimi.dll" (ByVal client_ As Long, ByVal timeout_ms_ As Long, ByVal buf_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_ack_result_w Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As Long) As Long
Public Declare Function alimi_get_status_json_w Lib "alimi.dll" (ByVal client_ As Long, ByVal key_ As Long, ByVal buf_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_sync_templates_w Lib "alimi.dll" (ByVal client_ As Long, ByVal timeout_ms_ As Long, ByVal report_buf_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_get_stats_w Lib "alimi.dll" (ByVal client_ As Long, ByVal query_ As Long, ByVal buf_ As Long, ByVal cap_ As Long) As Long
Public Declare Function alimi_get_health_w Lib "alimi.dll" (ByVal client_ As Long, ByVal buf_ As Long, ByVal cap_ As Long) As Long
' end of what is generated

' The text before the first zero character of a buffer.
Public Function AlimiCut(buffer As String) As String
    Dim length As Long
    length = InStr(buffer, vbNullChar)
    If length > 0 Then AlimiCut = Left$(buffer, length - 1) Else AlimiCut = buffer
End Function

' The details of the last error; empty where there was none.
Public Function AlimiLastError() As String
    Dim buffer As String
    buffer = String$(ALIMI_ERROR_SIZE, vbNullChar)
    alimi_last_error_w StrPtr(buffer), ALIMI_ERROR_SIZE
    AlimiLastError = AlimiCut(buffer)
End Function

' Name and meaning of a code.
Public Function AlimiErrorText(ByVal code As Long) As String
    Dim buffer As String
    buffer = String$(ALIMI_ERROR_SIZE, vbNullChar)
    AlimiCheck alimi_error_text_w(code, StrPtr(buffer), ALIMI_ERROR_SIZE)
    AlimiErrorText = AlimiCut(buffer)
End Function

Public Function AlimiVersion() As String
    Dim buffer As String
    buffer = String$(32, vbNullChar)
    AlimiCheck alimi_version_w(StrPtr(buffer), 32)
    AlimiVersion = AlimiCut(buffer)
End Function

' What to do where the DLL cannot be used; Visual Basic's own words name neither the folder nor the remedy.
Public Function AlimiUnusable(words As String) As String
    AlimiUnusable = "alimi.dll cannot be used: " & words & ". It is looked for in " & App.Path & " and where else Windows " & _
        "looks for DLLs (PATH). Put the alimi.dll of the release's win-x86 beside the program: error 53 means that there " & _
        "is none, 48 that it has 64 bits, 453 that it is older than Alimi.bas."
End Function

' Raises a code below 0 as an error with the details as its description.
Public Function AlimiCheck(ByVal code As Long) As Long
    If code < 0 Then Err.Raise ALIMI_ERROR_BASE + code, "alimi", AlimiLastError()
    AlimiCheck = code
End Function

' A member of a flat JSON object, as alimi writes them; empty where there is none.
Public Function AlimiMember(json As String, member As String) As String
    Dim at As Long, value As String, character As String
    ' Inside a text every quotation mark has a backslash before it, so this can only be the name.
    at = InStr(json, """" & member & """:")
    If at = 0 Then Exit Function
    at = at + Len(member) + 3
    If Mid$(json, at, 1) <> """" Then
        Do While at <= Len(json) And InStr(",}", Mid$(json, at, 1)) = 0
            value = value & Mid$(json, at, 1)
            at = at + 1
        Loop
        AlimiMember = value
        Exit Function
    End If
    at = at + 1
    Do While at <= Len(json) And Mid$(json, at, 1) <> """"
        character = Mid$(json, at, 1)
        If character = "\" Then
            at = at + 1
            Select Case Mid$(json, at, 1)
                Case "n": character = vbLf
                Case "r": character = vbCr
                Case "t": character = vbTab
                Case "b": character = vbBack
                Case "f": character = vbFormFeed
                Case "u"
                    character = ChrW$(CLng("&H" & Mid$(json, at + 1, 4)))
                    at = at + 4
                Case Else: character = Mid$(json, at, 1)
            End Select
        End If
        value = value & character
        at = at + 1
    Loop
    AlimiMember = value
End Function
