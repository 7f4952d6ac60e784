//! The data of the examples: what a hospital's program would export, and nobody's real appointment.

// A test may fall at once.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};

const APPOINTMENTS: &[u8] = include_bytes!("../examples/data/appointments.csv");

fn rows() -> Vec<csv::StringRecord> {
    let text = encoding_rs::EUC_KR.decode_without_bom_handling_and_without_replacement(APPOINTMENTS).unwrap();
    csv::Reader::from_reader(text.as_bytes()).into_records().map(Result::unwrap).collect()
}

#[test]
fn the_file_has_1000_appointments_of_five_institutions_each_with_its_own_number() {
    let rows = rows();
    assert_eq!(rows.len(), 1_000);
    assert_eq!(rows.iter().map(|row| &row[0]).collect::<HashSet<_>>().len(), 1_000);
    assert_eq!(rows.iter().map(|row| &row[1]).collect::<HashSet<_>>().len(), 5);
}

#[test]
fn every_recipient_is_a_number_of_the_sandbox() {
    for row in rows() {
        let digits: String = row[4].chars().filter(char::is_ascii_digit).collect();
        let national = digits.strip_prefix("82").map_or(digits.clone(), |rest| format!("0{rest}"));
        assert!(national.starts_with("0100000") && national.len() == 11, "appointment {}", &row[0]);
    }
}

/// CP949 puts the syllables that KS X 1001 lacks where the first or the second byte is below A1.
#[test]
fn some_names_have_syllables_that_strict_euc_kr_cannot_hold() {
    let beyond = |text: &str| encoding_rs::EUC_KR.encode(text).0.iter().any(|byte| (0x41..0xa1).contains(byte));
    for column in [2, 3, 5] {
        assert!(rows().iter().any(|row| beyond(&row[column])), "column {column}");
    }
}

/// The C program splits the lines by hand.
#[test]
fn no_field_needs_quotes_and_every_line_ends_as_on_windows() {
    assert!(!APPOINTMENTS.iter().any(|byte| matches!(byte, b'"' | b'\\')));
    let lines: Vec<&[u8]> = APPOINTMENTS.split_inclusive(|byte| *byte == b'\n').collect();
    assert!(lines.iter().all(|line| line.ends_with(b"\r\n")));
    assert!(lines.iter().all(|line| line.iter().filter(|byte| **byte == b',').count() == 8));
}

#[test]
fn the_committed_file_is_what_its_generator_writes() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/generate.py");
    match Command::new("python3").arg(script).arg("-").stderr(Stdio::inherit()).output() {
        Ok(output) => assert!(output.status.success() && output.stdout == APPOINTMENTS),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => eprintln!("skipped: no python3 here"),
        Err(error) => panic!("python3: {error}"),
    }
}
