//! Promise: ping reports each loss, connects anew, and ends well when anything was answered.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tools_fixture;

use tools_fixture::{code, echo, honest, oread, said, serve};

#[test]
fn each_round_trip_is_a_line_and_the_end_a_summary() {
    let address = honest();
    let output = oread(&["ping", &address, "-c", "3", "-i", "1ms"]);
    let text = said(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.starts_with(&format!("ping tcp://{address}: 64 B, ")), "the address once: {text}");
    for line in ["seq=1 time=", "seq=3 time=", "3 sent, 3 answered, 0.0 % lost", "round trip min "] {
        assert!(text.contains(line), "{line:?} in {text}");
    }
}

#[test]
fn a_lost_connection_is_one_loss() {
    // The first connection answers once; later ones for ever.
    let address = serve(|number, stream| echo(stream, move |echoed, _| number > 0 || echoed == 0));
    let output = oread(&["ping", &address, "-c", "4", "-i", "1ms"]);
    let text = said(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.contains("seq=2 lost: "), "{text}");
    assert!(!text.contains("codec match"), "it answered before: {text}");
    assert!(text.contains("4 sent, 3 answered, 25.0 % lost"), "{text}");
}

#[test]
fn a_changed_answer_is_a_loss() {
    let address = serve(|number, stream| {
        echo(stream, move |_, answer| {
            if number == 0 {
                answer[10] ^= 1;
            }
            true
        });
    });
    let text = said(&oread(&["ping", &address, "-c", "2", "-i", "1ms", "-s", "4KiB"]));
    assert!(text.contains("seq=1 lost: corrupted: byte 10 of the stream"), "{text}");
    assert!(text.contains("seq=2 time="), "{text}");
}

#[test]
fn a_frame_larger_than_the_socket_buffers_comes_back() {
    let output = oread(&["ping", &honest(), "-c", "1", "-s", "16MiB", "-W", "20s"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
}
