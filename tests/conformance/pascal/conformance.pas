// Runs the conformance list through the unit for Delphi, compiled by Free Pascal in Delphi mode: conformance CASES DIRECTORY.
// ../README.md explains the list. Floating-point traps are unmasked as in Delphi programs: invalid operation, division by
// zero, overflow.
program conformance;

{$MODE DELPHI}

uses
  {$IFDEF UNIX}cthreads,{$ENDIF}
  Classes, DateUtils, Math, SyncObjs, SysUtils, Alimi;

type
  TText = TAlimiText;
  TTexts = array of TText;

  TPoller = class(TThread)
  public
    Client: TAlimiClient;
    TimeoutMs: Integer;
    Line: TText;
    procedure Execute; override;
  end;

  TListener = class
  public
    Once: Boolean;
    procedure Heard(Client: TAlimiClient; const Answer: TAlimiResult);
  end;

const
  WaitMs = 20000;
  // The words of alimi's JSON beside the numbers of the header.
  Words: array[0..42] of record Word: string; Number: Integer end = (
    (Word: 'state queued'; Number: ALIMI_STATE_QUEUED), (Word: 'state scheduled'; Number: ALIMI_STATE_SCHEDULED),
    (Word: 'state sending'; Number: ALIMI_STATE_SENDING), (Word: 'state accepted'; Number: ALIMI_STATE_ACCEPTED),
    (Word: 'state delivered'; Number: ALIMI_STATE_DELIVERED), (Word: 'state failed'; Number: ALIMI_STATE_FAILED),
    (Word: 'state expired'; Number: ALIMI_STATE_EXPIRED), (Word: 'state cancelled'; Number: ALIMI_STATE_CANCELLED),
    (Word: 'state unknown'; Number: ALIMI_STATE_UNKNOWN),
    (Word: 'channel alimtalk'; Number: ALIMI_CHANNEL_ALIMTALK), (Word: 'channel sms'; Number: ALIMI_CHANNEL_SMS),
    (Word: 'channel lms'; Number: ALIMI_CHANNEL_LMS), (Word: 'channel mms'; Number: ALIMI_CHANNEL_MMS),
    (Word: 'certainty not_sent'; Number: ALIMI_CERTAINTY_NOT_SENT),
    (Word: 'certainty possibly_sent'; Number: ALIMI_CERTAINTY_POSSIBLY_SENT),
    (Word: 'certainty sent'; Number: ALIMI_CERTAINTY_SENT),
    (Word: 'reason none'; Number: ALIMI_REASON_NONE), (Word: 'reason not_kakao_user'; Number: ALIMI_REASON_NOT_KAKAO_USER),
    (Word: 'reason blocked_by_recipient'; Number: ALIMI_REASON_BLOCKED_BY_RECIPIENT),
    (Word: 'reason kakao_unreachable'; Number: ALIMI_REASON_KAKAO_UNREACHABLE),
    (Word: 'reason invalid_recipient'; Number: ALIMI_REASON_INVALID_RECIPIENT),
    (Word: 'reason handset_unreachable'; Number: ALIMI_REASON_HANDSET_UNREACHABLE),
    (Word: 'reason recipient_refuses'; Number: ALIMI_REASON_RECIPIENT_REFUSES),
    (Word: 'reason template_mismatch'; Number: ALIMI_REASON_TEMPLATE_MISMATCH),
    (Word: 'reason template_unavailable'; Number: ALIMI_REASON_TEMPLATE_UNAVAILABLE),
    (Word: 'reason content_refused'; Number: ALIMI_REASON_CONTENT_REFUSED), (Word: 'reason spam'; Number: ALIMI_REASON_SPAM),
    (Word: 'reason duplicate_refused'; Number: ALIMI_REASON_DUPLICATE_REFUSED),
    (Word: 'reason recipient_not_allowed'; Number: ALIMI_REASON_RECIPIENT_NOT_ALLOWED),
    (Word: 'reason sender_number_invalid'; Number: ALIMI_REASON_SENDER_NUMBER_INVALID),
    (Word: 'reason credentials_refused'; Number: ALIMI_REASON_CREDENTIALS_REFUSED),
    (Word: 'reason balance_exhausted'; Number: ALIMI_REASON_BALANCE_EXHAUSTED),
    (Word: 'reason gateway_configuration'; Number: ALIMI_REASON_GATEWAY_CONFIGURATION),
    (Word: 'reason throttled'; Number: ALIMI_REASON_THROTTLED), (Word: 'reason gateway_error'; Number: ALIMI_REASON_GATEWAY_ERROR),
    (Word: 'reason connection_failed'; Number: ALIMI_REASON_CONNECTION_FAILED),
    (Word: 'reason outside_hours'; Number: ALIMI_REASON_OUTSIDE_HOURS),
    (Word: 'reason answer_lost'; Number: ALIMI_REASON_ANSWER_LOST),
    (Word: 'reason delivery_unconfirmed'; Number: ALIMI_REASON_DELIVERY_UNCONFIRMED),
    (Word: 'reason report_overdue'; Number: ALIMI_REASON_REPORT_OVERDUE),
    (Word: 'reason expired'; Number: ALIMI_REASON_EXPIRED), (Word: 'reason cancelled_by_caller'; Number: ALIMI_REASON_CANCELLED_BY_CALLER),
    (Word: 'reason other'; Number: ALIMI_REASON_OTHER));

var
  Names: array of record Name, Text: TText end;
  Clients: array['A'..'Z'] of TAlimiClient;
  F: TTexts;
  Folder, CaseNumber: TText;
  Ended: TStringList;
  Lock: TCriticalSection;
  Changed: TEvent;
  LogLines: Integer;
  Poller: TPoller;

procedure Say(const Line: TText);
begin
  // Bytes, so that no console or platform changes them.
  Write(UTF8Encode(Line) + #10);
  System.Flush(Output);
end;

function N(Value: Integer): TText;
begin
  Result := TText(IntToStr(Value));
end;

function I(const Text: TText): Integer;
begin
  Result := StrToInt(string(Text));
end;

function CodeName(Code: Integer): TText;
begin
  Result := AlimiErrorText(Code);
  Result := Copy(Result, 1, Pos(':', Result) - 1);
end;

function NumberOf(const Group: string; const Word: TText): TText;
var
  At: Integer;
begin
  for At := Low(Words) to High(Words) do
    if Words[At].Word = Group + ' ' + string(Word) then
      Exit(N(Words[At].Number));
  raise Exception.Create('a word without a number: ' + string(Word));
end;

procedure Define(const Name, Text: TText);
var
  At: Integer;
begin
  for At := 0 to High(Names) do
    if Names[At].Name = Name then
    begin
      Names[At].Text := Text;
      Exit;
    end;
  SetLength(Names, Length(Names) + 1);
  Names[High(Names)].Name := Name;
  Names[High(Names)].Text := Text;
end;

function Expanded(const Field: TText): TText;
var
  At: Integer;
begin
  Result := Field;
  for At := High(Names) downto 0 do
    Result := UnicodeStringReplace(Result, Names[At].Name, Names[At].Text, [rfReplaceAll]);
  Result := UnicodeStringReplace(Result, '\n', #10, [rfReplaceAll]);
end;

function Split(Line: TText; const Separator: TText): TTexts;
var
  At: Integer;
begin
  Result := nil;
  Line := Line + Separator;
  repeat
    At := Pos(Separator, Line);
    SetLength(Result, Length(Result) + 1);
    Result[High(Result)] := Copy(Line, 1, At - 1);
    Delete(Line, 1, At + Length(Separator) - 1);
  until Line = '';
end;

function Shortly(const R: TAlimiResult): TText;
begin
  Result := R.Key + ' state=' + NumberOf('state', R.State) + ' channel=' + NumberOf('channel', R.Channel) + ' certainty=' +
    NumberOf('certainty', R.Certainty) + ' reason=' + NumberOf('reason', R.Reason);
end;

function Fully(const R: TAlimiResult): TText;
var
  At: Integer;
  Account, Id: TText;
begin
  Account := R.Account;
  for At := High(Names) downto 0 do
    if (Names[At].Text <> '') and (Names[At].Text = R.Account) then
      Account := Names[At].Name;
  Id := 'no';
  if R.GatewayId <> '' then
    Id := 'yes';
  Result := ' ' + Shortly(R) + ' attempts=' + N(R.Attempts) + ' account=' + Account + ' gateway=' + R.Gateway + ' id=' + Id +
    ' code=' + R.GatewayCode + ' times=' + N(Length(R.Created)) + '/' + N(Length(R.Sent)) + '/' + N(Length(R.Finished)) +
    ' text=' + R.Text;
end;

procedure PrintEnded;
var
  At: Integer;
begin
  Say(F[0] + ' ' + F[1] + ': ' + N(Ended.Count));
  Ended.Sort;
  for At := 0 to Ended.Count - 1 do
    Say('  ' + TText(Ended[At]));
  Ended.Clear;
end;

function Polled(Client: TAlimiClient; TimeoutMs: Integer): TText;
var
  Answer: TAlimiResult;
begin
  try
    if Client.Poll(TimeoutMs, Answer) then
      Result := 'ALIMI_OK' + Fully(Answer)
    else
      Result := 'ALIMI_EMPTY';
  except
    on E: EAlimi do
      Result := CodeName(E.Code);
  end;
end;

procedure TPoller.Execute;
begin
  Line := Polled(Client, TimeoutMs);
end;

procedure TListener.Heard(Client: TAlimiClient; const Answer: TAlimiResult);
var
  Removed: Integer;
begin
  Client.Acknowledge(Answer.Key);
  Removed := ALIMI_CALLBACK_RUNNING;
  if Once then
    Removed := Client.SetOnResult(nil);
  Lock.Acquire;
  if Removed = ALIMI_CALLBACK_RUNNING then
    Ended.Add(string(Shortly(Answer)));
  Lock.Release;
  Changed.SetEvent;
end;

procedure OnLine(Level: Integer; const Line: TAlimiText);
begin
  if (Level > ALIMI_LOG_OFF) and (Line <> '') then
    InterLockedIncrement(LogLines);
end;

procedure WaitForResults(Count: Integer);
var
  Last: TDateTime;
  Enough: Boolean;
begin
  Last := IncMilliSecond(Now, WaitMs);
  repeat
    Lock.Acquire;
    Enough := Ended.Count >= Count;
    Lock.Release;
    if not Enough then
      Changed.WaitFor(WaitMs);
  until Enough or (Now > Last);
end;

procedure Drain(Client: TAlimiClient; Count: Integer);
var
  Answer: TAlimiResult;
begin
  while (Ended.Count < Count) and Client.Poll(WaitMs, Answer) do
  begin
    Client.Acknowledge(Answer.Key);
    Ended.Add(string(Shortly(Answer)));
  end;
  PrintEnded;
end;

procedure WaitUntil(Client: TAlimiClient);
var
  Last: TDateTime;
  State: TText;
begin
  Last := IncMilliSecond(Now, WaitMs);
  repeat
    ThreadSwitch;
    State := NumberOf('state', Client.Status(F[2]).State);
  until (State = F[3]) or (Now > Last);
  Say(F[0] + ' ' + F[1] + ': ' + F[2] + ' state=' + State);
end;

// As C has it, with the buffer that is asked for.
procedure Json(Client: TAlimiClient);
var
  Buffer: AnsiString;
  Code: Integer;
  Text: TText;
begin
  SetLength(Buffer, I(F[3]));
  if F[0] = 'polljson' then
    Code := alimi_poll_result_json(Client.Number, I(F[2]), PAnsiChar(Buffer), Length(Buffer))
  else
    Code := alimi_get_status_json(Client.Number, PAnsiChar(AnsiString(F[2])), PAnsiChar(Buffer), Length(Buffer));
  Text := TText(AnsiString(PAnsiChar(Buffer)));
  if Code = ALIMI_OK then
    Say(F[0] + ' ' + F[1] + ': ALIMI_OK ' + Copy(Text, 1, Pos(',"account"', Text) - 1))
  else
    Say(F[0] + ' ' + F[1] + ': ' + CodeName(Code));
end;

procedure Statistics(Client: TAlimiClient);
var
  Lines: TTexts;
  At: Integer;
begin
  Lines := Split(UnicodeStringReplace(Client.Statistics(F[2]), #13, '', [rfReplaceAll]), #10);
  Say('stats ' + F[1] + ': ALIMI_OK');
  for At := 0 to High(Lines) do
    if Lines[At] <> '' then
      Say('  ' + Copy(Lines[At], Pos(',', Lines[At]) + 1, MaxInt));
end;

// The members that are asked for, of what a function answered with.
procedure PrintMembers(Code: Integer; const Text, Names: TText);
var
  Members: TTexts;
  Line, Rest: TText;
  At, Last: Integer;
begin
  Line := F[0] + ' ' + F[1] + ': ' + CodeName(Code);
  Members := Split(Names, ',');
  for At := 0 to High(Members) do
  begin
    Rest := Copy(Text, Pos('"' + Members[At] + '":', Text) + Length(Members[At]) + 3, MaxInt);
    Last := 1;
    while (Rest[Last] <> ',') and (Rest[Last] <> '}') do
      Inc(Last);
    Line := Line + ' ' + Members[At] + '=' + Copy(Rest, 1, Last - 1);
  end;
  Say(Line);
end;

procedure Templates(Client: TAlimiClient);
var
  Code: Integer;
  Report: TText;
begin
  Code := Client.SyncTemplates(I(F[2]), Report);
  PrintMembers(Code, Report, F[3]);
end;

procedure Open;
var
  Path: TText;
  Bytes: AnsiString;
  Stream: TFileStream;
begin
  FreeAndNil(Clients[Char(F[1][1])]);
  Path := F[2];
  if F[0] = 'openfile' then
  begin
    Path := Folder + '/case-' + CaseNumber + '.json';
    Bytes := UTF8Encode(F[2]);
    Stream := TFileStream.Create(string(Path), fmCreate);
    Stream.WriteBuffer(Bytes[1], Length(Bytes));
    Stream.Free;
  end;
  Clients[Char(F[1][1])] := TAlimiClient.Create(Path);
end;

// The words that answer with a code alone, and what goes with it.
function Answered(Client: TAlimiClient): TText;
var
  Kept: TAlimiSent;
  Verdicts: TText;
  Listener: TListener;
  Code: Integer;
begin
  Code := ALIMI_OK;
  Result := '';
  if (F[0] = 'send') or (F[0] = 'sendtext') then
  begin
    if F[0] = 'send' then
      Kept := Client.SendAlimtalk(F[2], F[3], F[4], F[5], F[6])
    else
      Kept := Client.SendText(F[2], F[3], F[4], F[5]);
    if Kept.Duplicate then
      Code := ALIMI_DUPLICATE;
    Result := ' ' + Kept.Key;
    if F[2] = '' then
      Result := ' made';
    if Kept.Key = '' then
      Result := ' none';
  end
  else if F[0] = 'batch' then
  begin
    Code := Client.SendBatch(F[2], Verdicts);
    Result := ' ' + Verdicts;
  end
  else if F[0] = 'status' then
    Result := Fully(Client.Status(F[2]))
  else if (F[0] = 'open') or (F[0] = 'openfile') then
    Open
  else if F[0] = 'cancel' then
    Code := Client.Cancel(F[2])
  else if F[0] = 'ack' then
    Client.Acknowledge(F[2])
  else if F[0] = 'reload' then
    Client.Reload(F[2])
  else if F[0] = 'wake' then
    Client.Wake
  else if F[0] = 'flush' then
  begin
    if not Client.Flush(I(F[2])) then
      Code := ALIMI_PENDING;
  end
  else if F[0] = 'close' then
    Code := Client.Shutdown(I(F[2]))
  else if (F[0] = 'listen') or (F[0] = 'listenonce') then
  begin
    Listener := TListener.Create; // kept to the end
    Listener.Once := F[0] = 'listenonce';
    Code := Client.SetOnResult(Listener.Heard);
  end
  else if F[0] = 'unlisten' then
    Code := Client.SetOnResult(nil)
  else
    raise Exception.Create('a word that is not known: ' + string(F[0]));
  Result := CodeName(Code) + Result;
end;

procedure OfClient;
var
  Client: TAlimiClient;
begin
  Client := Clients[Char(F[1][1])];
  try
    if F[0] = 'poll' then
      Say('poll ' + F[1] + ': ' + Polled(Client, I(F[2])))
    else if F[0] = 'drain' then
      Drain(Client, I(F[2]))
    else if F[0] = 'until' then
      WaitUntil(Client)
    else if (F[0] = 'polljson') or (F[0] = 'statusjson') then
      Json(Client)
    else if F[0] = 'stats' then
      Statistics(Client)
    else if F[0] = 'health' then
      PrintMembers(ALIMI_OK, Client.Health, F[2])
    else if F[0] = 'sync' then
      Templates(Client)
    else if F[0] = 'thread' then
    begin
      Poller := TPoller.Create(True);
      Poller.Client := Client;
      Poller.TimeoutMs := I(F[2]);
      Poller.Start;
    end
    else if F[0] = 'heard' then
    begin
      WaitForResults(I(F[2]));
      PrintEnded;
    end
    else
      Say(F[0] + ' ' + F[1] + ': ' + Answered(Client));
  except
    on E: EAlimi do
    begin
      if Pos(CodeName(E.Code), TText(E.Message)) <> 1 then
        raise;
      Say(F[0] + ' ' + F[1] + ': ' + CodeName(E.Code));
    end;
  end;
end;

procedure Run;
var
  Text, Lines: TText;
  At: Integer;
begin
  if F[0] = 'version' then
  begin
    Text := AlimiVersion;
    for At := 1 to Length(Text) do
      if (Text[At] >= '0') and (Text[At] <= '9') then
        Text[At] := '9';
    Say('version: ALIMI_OK ' + Text);
  end
  else if F[0] = 'errortext' then
  begin
    try
      Text := AlimiErrorText(I(F[1]));
    except
      on E: EAlimi do
        Text := CodeName(E.Code);
    end;
    Say('errortext ' + F[1] + ': ' + Text);
  end
  else if F[0] = 'error' then
    Say('error: ' + AlimiLastError)
  else if F[0] = 'join' then
  begin
    Poller.WaitFor;
    Say('join: ' + Poller.Line);
    FreeAndNil(Poller);
  end
  else if F[0] = 'log' then
    Say('log: ' + CodeName(AlimiSetLog(I(F[1]), OnLine)))
  else if F[0] = 'unlog' then
  begin
    Text := CodeName(AlimiSetLog(ALIMI_LOG_OFF, nil));
    Lines := 'no';
    if LogLines > 0 then
      Lines := 'yes';
    Say('unlog: ' + Text + ' lines=' + Lines);
  end
  else
    OfClient;
end;

procedure WholeList(const Path: string);
var
  Stream: TMemoryStream;
  Bytes: AnsiString;
  Lines: TTexts;
  At, Field, Count: Integer;
  Text: TText;
begin
  Stream := TMemoryStream.Create;
  Stream.LoadFromFile(Path);
  SetString(Bytes, PAnsiChar(Stream.Memory), Stream.Size);
  Stream.Free;
  Lines := Split(UTF8Decode(Bytes), #10);
  Count := 0;
  for At := 0 to High(Lines) do
  begin
    if (Lines[At] = '') or (Lines[At][1] = '#') then
      Continue;
    F := Split(Lines[At], '|');
    if (F[0] = 'let') or (F[0] = 'config') then
      Define(F[1], F[2])
    else if F[0] = 'repeat' then
    begin
      Text := '';
      for Field := 1 to I(F[2]) do
        Text := Text + F[3];
      Define(F[1], Text);
    end
    else if F[0] = 'case' then
    begin
      Inc(Count);
      CaseNumber := TText(Format('%.2d', [Count]));
      Define('$outbox', Folder + '/case-' + CaseNumber + '.db');
      Say(#10 + CaseNumber + ' ' + F[1]);
    end
    else
    begin
      for Field := 1 to High(F) do
        F[Field] := Expanded(F[Field]);
      Run;
    end;
  end;
end;

var
  Letter: Char;
begin
  SetExceptionMask([exDenormalized, exUnderflow, exPrecision]);
  SetTextCodePage(Output, CP_UTF8);
  if ParamCount <> 2 then
    raise Exception.Create('usage: conformance CASES DIRECTORY');
  Folder := TText(StringReplace(ParamStr(2), '\', '/', [rfReplaceAll]));
  Ended := TStringList.Create;
  Ended.CaseSensitive := True;
  Ended.UseLocale := False;
  Lock := TCriticalSection.Create;
  Changed := TEvent.Create(nil, False, False, '');
  // Korea is nine hours ahead.
  Define('$tomorrow', TText(FormatDateTime('yyyymmddhhnnss', IncHour(LocalTimeToUniversal(Now), 33))));
  Define('$outbox', '');
  WholeList(ParamStr(1));
  for Letter := 'A' to 'Z' do
    Clients[Letter].Free;
end.
