// Reads the appointments of a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what became of
// the messages. The same as examples/c/quickstart.c, for Delphi (as a console program) and Free Pascal in Delphi mode.
//
//     quickstart CONFIGURATION APPOINTMENTS
//
// Run it twice, or stop it in the middle and run it again: nothing is sent twice. The bytes of the file go to the library as they
// are, by the functions of C without _w, because the configuration says "encoding": "cp949". A program whose texts are strings
// leaves that to TAlimiClient.SendAlimtalk.
program quickstart;

{$IFDEF FPC}
{$MODE DELPHI}
{$ENDIF}
{$APPTYPE CONSOLE}

uses
  {$IFDEF UNIX}cthreads,{$ENDIF}
  Classes, SysUtils, Alimi;

const
  Columns = 9;
  Number = 0;
  Institution = 1;
  Phone = 4;
  Open = -1;
  Outcomes = 5;
  OutcomeNames: array[0..Outcomes - 1] of string = ('AlimTalk', 'LMS/SMS', 'failed', 'unknown', 'expired');

type
  TRow = array[0..Columns - 1] of AnsiString;
  TAppointment = record
    Key, Institution: AnsiString;
    Outcome: Integer;
  end;

var
  Client: TAlimiClient;
  Appointments: array of TAppointment;
  Institutions: TStringList;

function OutcomeOf(const Answer: TAlimiResult): Integer;
begin
  Result := Open;
  if Answer.State = 'delivered' then
  begin
    Result := 0;
    if Answer.Channel <> 'alimtalk' then
      Result := 1;
  end
  else if Answer.State = 'failed' then
    Result := 2
  else if Answer.State = 'unknown' then
    Result := 3
  else if (Answer.State = 'expired') or (Answer.State = 'cancelled') then
    Result := 4;
end;

// No second byte of a CP949 character is a comma, so this is safe.
procedure Split(Line: AnsiString; out Row: TRow);
var
  I, At: Integer;
begin
  if (Line <> '') and (Line[Length(Line)] = #13) then
    SetLength(Line, Length(Line) - 1);
  for I := 0 to Columns - 1 do
  begin
    At := Pos(AnsiString(','), Line + ',');
    Row[I] := Copy(Line, 1, At - 1);
    Delete(Line, 1, At);
  end;
end;

// Hands one reminder over. It is on disk when the function returns. True when an earlier run had done so.
function SendReminder(const Names, Row: TRow): Boolean;
var
  Variables, Options: AnsiString;
  I, Code: Integer;
begin
  Variables := '';
  for I := 0 to Columns - 1 do
    if (I <> Number) and (I <> Institution) and (I <> Phone) then
      Variables := Variables + Names[I] + '=' + Row[I] + #10;
  Options := 'account=' + Row[Institution];
  Code := alimi_send_alimtalk(Client.Number, PAnsiChar(Row[Number]), PAnsiChar(Row[Phone]), 'reminder', PAnsiChar(Variables),
    PAnsiChar(Options), nil, 0);
  if Code < 0 then
    raise EAlimi.CreateCode(Code);
  Result := Code = ALIMI_DUPLICATE;
  SetLength(Appointments, Length(Appointments) + 1);
  with Appointments[High(Appointments)] do
  begin
    Key := Row[Number];
    Institution := Row[1];
    Outcome := Open;
    // What an earlier run has acknowledged does not come again; its result can be looked up.
    if Result then
      Outcome := OutcomeOf(Client.Status(TAlimiText(Key)));
  end;
  if Institutions.IndexOf(string(Row[Institution])) < 0 then
    Institutions.Add(string(Row[Institution]));
end;

procedure SendReminders(const Path: string);
var
  Input: TextFile;
  Line: RawByteString;
  Names, Row: TRow;
  Earlier: Integer;
begin
  Earlier := 0;
  AssignFile(Input, Path);
  Reset(Input);
  ReadLn(Input, Line);
  Split(Line, Names);
  while not Eof(Input) do
  begin
    ReadLn(Input, Line);
    Split(Line, Row);
    if SendReminder(Names, Row) then
      Inc(Earlier);
  end;
  CloseFile(Input);
  WriteLn(Length(Appointments), ' messages handed over');
  if Earlier > 0 then
    WriteLn(Earlier, ' were accepted by an earlier run and are not sent again');
end;

// True when it is the result of a message that was still open.
function Settle(const Answer: TAlimiResult): Boolean;
var
  I: Integer;
begin
  Result := False;
  for I := 0 to High(Appointments) do
    if (TAlimiText(Appointments[I].Key) = Answer.Key) and (Appointments[I].Outcome = Open) then
    begin
      Appointments[I].Outcome := OutcomeOf(Answer);
      Result := True;
    end;
end;

// Takes results until every message has one. What is not acknowledged comes again, after a crash as well.
procedure CollectResults;
var
  Answer: TAlimiResult;
  I, Waiting, Taken, Wait: Integer;
begin
  Waiting := 0;
  Taken := 0;
  for I := 0 to High(Appointments) do
    if Appointments[I].Outcome = Open then
      Inc(Waiting);
  repeat
    Wait := 0;
    if Waiting > 0 then
      Wait := 1000;
    if Client.Poll(Wait, Answer) then
    begin
      // Here a real program writes the result to its own database; then it lets it go.
      Client.Acknowledge(Answer.Key);
      if Settle(Answer) then
        Dec(Waiting);
      Inc(Taken);
      if Taken mod 250 = 0 then
        WriteLn(Taken, ' results taken');
    end
    else if Waiting = 0 then
      Exit;
  until False;
end;

procedure PrintTable;
var
  Row, Column, I, Count, Total: Integer;
begin
  Institutions.Add('all');
  WriteLn;
  Write(Format('%-12s', ['institution']));
  for Column := 0 to Outcomes - 1 do
    Write(Format('%10s', [OutcomeNames[Column]]));
  WriteLn(Format('%10s', ['total']));
  for Row := 0 to Institutions.Count - 1 do
  begin
    Write(Format('%-12s', [Institutions[Row]]));
    Total := 0;
    for Column := 0 to Outcomes - 1 do
    begin
      Count := 0;
      for I := 0 to High(Appointments) do
        if (Appointments[I].Outcome = Column) and ((Row = Institutions.Count - 1) or
          (string(Appointments[I].Institution) = Institutions[Row])) then
          Inc(Count);
      Inc(Total, Count);
      Write(Format('%10d', [Count]));
    end;
    WriteLn(Format('%10d', [Total]));
  end;
end;

begin
  if ParamCount <> 2 then
  begin
    WriteLn(ErrOutput, 'usage: quickstart CONFIGURATION APPOINTMENTS');
    Halt(1);
  end;
  Institutions := TStringList.Create;
  try
    Client := TAlimiClient.Create(TAlimiText(ParamStr(1)));
    try
      SendReminders(ParamStr(2));
      CollectResults;
      Client.Shutdown(5000);
    finally
      Client.Free;
    end;
    PrintTable;
  except
    on E: Exception do
    begin
      WriteLn(ErrOutput, 'quickstart: ', E.Message);
      Halt(1);
    end;
  end;
end.
