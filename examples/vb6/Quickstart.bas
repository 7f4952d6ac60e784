Attribute VB_Name = "Quickstart"
' Reads the appointments of a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what became of
' the messages into the file quickstart.txt. The same as examples\c\quickstart.c, for Visual Basic 6 on a Korean Windows, whose
' code page is that of the file. Start: Quickstart.exe CONFIGURATION APPOINTMENTS
'
' Run it twice, or stop it in the middle and run it again: nothing is sent twice.
Option Explicit

Private Const COLUMN_NUMBER As Long = 0
Private Const COLUMN_INSTITUTION As Long = 1
Private Const COLUMN_PHONE As Long = 4

Private client As AlimiClient
Private outcomes As New Collection      ' key -> outcome, "" while open
Private keys As New Collection
Private openCount As Long
Private earlier As Long

Public Sub Main()
    Dim arguments() As String
    arguments = Split(Command$, " ")
    If UBound(arguments) <> 1 Then
        MsgBox "Quickstart.exe CONFIGURATION APPOINTMENTS"
        Exit Sub
    End If
    On Error GoTo Failed
    Set client = New AlimiClient
    client.Start arguments(0)
    SendReminders arguments(1)
    CollectResults
    client.Shutdown 5000
    PrintCounts
    Exit Sub
Failed:
    MsgBox Err.Description
End Sub

' Hands all reminders over. Each is on disk when SendAlimtalk returns.
Private Sub SendReminders(path As String)
    Dim file As Integer, row As String, names() As String, fields() As String
    Dim variables As String, i As Long, duplicate As Boolean, key As String, outcome As String
    file = FreeFile
    Open path For Input As #file
    Line Input #file, row
    names = Split(row, ",")
    Do Until EOF(file)
        Line Input #file, row
        fields = Split(row, ",")
        variables = ""
        For i = 0 To UBound(names)
            If i <> COLUMN_NUMBER And i <> COLUMN_INSTITUTION And i <> COLUMN_PHONE Then
                variables = variables & names(i) & "=" & fields(i) & vbLf
            End If
        Next
        key = client.SendAlimtalk(fields(COLUMN_NUMBER), fields(COLUMN_PHONE), "reminder", variables, _
            "account=" & fields(COLUMN_INSTITUTION), duplicate)
        outcome = ""
        ' What an earlier run has acknowledged does not come again; its result can be looked up.
        If duplicate Then outcome = OutcomeOf(client.Status(key)): earlier = earlier + 1
        If outcome = "" Then openCount = openCount + 1
        outcomes.Add outcome, key
        keys.Add key
    Loop
    Close #file
End Sub

Private Function OutcomeOf(result As String) As String
    Select Case AlimiMember(result, "state")
        Case "delivered": OutcomeOf = IIf(AlimiMember(result, "channel") = "alimtalk", "AlimTalk", "LMS/SMS")
        Case "failed": OutcomeOf = "failed"
        Case "unknown": OutcomeOf = "unknown"
        Case "expired", "cancelled": OutcomeOf = "expired"
    End Select
End Function

' Takes results until every message has one. A program with windows does one step of this in a timer, with Poll(0, result).
Private Sub CollectResults()
    Dim result As String, key As String
    Do
        If client.Poll(IIf(openCount > 0, 1000, 0), result) Then
            key = AlimiMember(result, "key")
            ' Here a real program writes the result to its own database; then it lets it go.
            client.Acknowledge key
            If outcomes(key) = "" Then
                outcomes.Remove key
                outcomes.Add OutcomeOf(result), key
                openCount = openCount - 1
            End If
        End If
        DoEvents
    Loop Until openCount = 0
End Sub

Private Sub PrintCounts()
    Dim names As Variant, name_ As Variant, key As Variant, count As Long, file As Integer
    file = FreeFile
    Open App.Path & "\quickstart.txt" For Output As #file
    Print #file, keys.Count & " messages handed over"
    If earlier > 0 Then Print #file, earlier & " were accepted by an earlier run and are not sent again"
    names = Array("AlimTalk", "LMS/SMS", "failed", "unknown", "expired")
    For Each name_ In names
        count = 0
        For Each key In keys
            If outcomes(key) = name_ Then count = count + 1
        Next
        Print #file, name_, count
    Next
    Close #file
End Sub
