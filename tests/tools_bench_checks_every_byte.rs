//! Promise: the load client notices every byte that does not come back as it was sent, names the place, and fails.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tools_fixture;

use tools_fixture::{code, complained, echo, honest, json, oread, said, serve};

const SHORT: [&str; 6] = ["--duration", "200ms", "--warmup", "50ms", "--timeout", "2s"];

fn bench(address: &str, more: &[&str]) -> std::process::Output {
    oread(&[&["bench", "echo", address], &SHORT[..], more].concat())
}

#[test]
fn an_honest_echo_passes_in_every_codec_shape_and_size() {
    let address = honest();
    for shape in [
        &["-c", "3", "-s", "64B", "-d", "32"][..],
        &["-c", "2", "-s", "64KiB", "-d", "3", "--codec", "bytes"],
        &["-c", "3", "-s", "1B", "-d", "5", "--codec", "lines", "--threads", "2"],
        &["-c", "4", "--rate", "2000"],
        &["-c", "2", "--churn"],
    ] {
        let output = bench(&address, &[shape, &["--json"]].concat());
        let report = json(&output);
        assert_eq!(code(&output), 0, "{shape:?}: {report}");
        assert!(report["messages"].as_u64() > Some(0), "{shape:?}: {report}");
        assert_eq!(
            report["latency"].as_object().map(|latency| latency["count"].as_u64() > Some(0)),
            Some(true)
        );
        assert_eq!(report["failures"]["frames_missing"], 0, "{shape:?}: {report}");
    }
}

#[test]
fn a_flipped_bit_is_named_with_its_connection_and_place() {
    let address = serve(|number, stream| {
        echo(stream, move |echoed, answer| {
            if number == 1 && (echoed..echoed + answer.len() as u64).contains(&5_000) {
                answer[usize::try_from(5_000 - echoed).unwrap()] ^= 0x10;
            }
            true
        });
    });
    let output = bench(&address, &["-c", "2", "-d", "4"]);
    assert_eq!(code(&output), 1);
    let text = said(&output);
    // A frame is 4 + 64 bytes on the wire.
    assert!(text.contains("byte 5000 of the stream (frame 73, its byte 36)"), "{text}");
    assert!(text.contains("1 corrupted"), "{text}");
}

#[test]
fn a_byte_too_many_is_corruption() {
    let address = serve(|_, stream| {
        echo(stream, |echoed, answer| {
            if echoed > 1_000 {
                answer.push(b'!');
            }
            true
        });
    });
    let output = bench(&address, &["-c", "1", "--json"]);
    assert_eq!(code(&output), 1);
    assert_eq!(json(&output)["failures"]["connections_corrupted"], 1);
}

#[test]
fn frames_unanswered_at_a_close_are_counted() {
    let address = serve(|_, stream| echo(stream, |echoed, _| echoed < 1_000));
    let output = bench(&address, &["-c", "1", "-d", "1", "--json"]);
    let failures = &json(&output)["failures"];
    assert_eq!(code(&output), 1);
    assert_eq!(failures["frames_missing"], 1, "{failures}");
    let ended =
        failures["connections_closed"].as_u64().unwrap() + failures["connections_reset"].as_u64().unwrap();
    assert_eq!(ended, 1, "{failures}");
}

#[test]
fn frames_that_never_return_are_lost() {
    let address = serve(|_, stream| {
        echo(stream, |echoed, answer| {
            if echoed >= 680 {
                answer.clear();
            }
            true
        });
    });
    let output = bench(&address, &["-c", "2", "-d", "4", "--json"]);
    let failures = &json(&output)["failures"];
    assert_eq!(code(&output), 1);
    assert_eq!(failures["connections_overdue"], 2, "{failures}");
    assert_eq!(failures["frames_missing"], 8, "{failures}");
}

#[test]
fn idle_connections_that_were_dropped_are_noticed() {
    let address = serve(|number, stream| echo(stream, move |echoed, _| number != 2 || echoed == 0));
    let output = bench(&address, &["-c", "4", "--idle", "--json"]);
    let failures = &json(&output)["failures"];
    assert_eq!(code(&output), 1);
    assert_eq!(failures["frames_missing"], 1, "{failures}");
    assert!(complained(&output).is_empty());
}
