//! The events that wait to be taken: one writer, one reader, bounded in events and bytes.
//!
//! Full means that the connection is not read until the program takes some; the server then sees a slow peer and the rooms' policies
//! decide. Whoever writes asks for space before it reads a frame, so that nothing has to be thrown away: the bounds are exceeded by
//! no more than what one frame makes. When the reader is gone everything is let go, and there is always space.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio_util::sync::DropGuard;

use super::Event;

/// The events of a client, in order. Dropping it lets go of those to come; the client goes on while a [`Client`](super::Client) is left.
#[derive(Debug)]
pub struct Events {
    queue: Arc<Mutex<Queue>>,
    /// What is left of the client: its last owner's end closes it.
    _owner: Owner,
}

/// Held by everyone for whose sake a client lives.
pub(super) type Owner = Arc<DropGuard>;

/// The writer's end. Dropping it ends the events.
#[derive(Debug)]
pub(super) struct EventSender(Arc<Mutex<Queue>>);

#[derive(Debug)]
struct Queue {
    waiting: VecDeque<Event>,
    bytes: usize,
    max: usize,
    max_bytes: usize,
    ended: bool,
    reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// An empty queue of at most this many events and bytes.
pub(super) fn queue(max: usize, max_bytes: usize, owner: Owner) -> (EventSender, Events) {
    let queue = Arc::new(Mutex::new(Queue {
        waiting: VecDeque::new(),
        bytes: 0,
        max: max.max(1),
        max_bytes: max_bytes.max(1),
        ended: false,
        reader_gone: false,
        reader: None,
        writer: None,
    }));
    (EventSender(queue.clone()), Events { queue, _owner: owner })
}

impl Events {
    /// The next event; none when the client has ended and all were taken. Can be cancelled without losing one.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Like [`next`](Self::next), for programs that poll.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut queue = lock(&self.queue);
        let Some(event) = queue.waiting.pop_front() else {
            if queue.ended {
                return Poll::Ready(None);
            }
            queue.reader = Some(cx.waker().clone());
            return Poll::Pending;
        };
        queue.bytes -= event.weight();
        let writer = queue.writer.take();
        drop(queue);
        wake(writer);
        Poll::Ready(Some(event))
    }
}

impl EventSender {
    /// Ready when there is space for what one frame makes.
    pub(super) fn poll_space(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = lock(&self.0);
        if queue.reader_gone || (queue.waiting.len() < queue.max && queue.bytes < queue.max_bytes) {
            return Poll::Ready(());
        }
        queue.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Appends.
    pub(super) fn push(&self, event: Event) {
        let mut queue = lock(&self.0);
        if queue.reader_gone {
            return;
        }
        queue.bytes += event.weight();
        queue.waiting.push_back(event);
        let reader = queue.reader.take();
        drop(queue);
        wake(reader);
    }
}

impl Drop for EventSender {
    fn drop(&mut self) {
        let mut queue = lock(&self.0);
        queue.ended = true;
        let reader = queue.reader.take();
        drop(queue);
        wake(reader);
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut queue = lock(&self.queue);
        queue.reader_gone = true;
        queue.waiting = VecDeque::new();
        queue.bytes = 0;
        let writer = queue.writer.take();
        drop(queue);
        wake(writer);
    }
}

/// Nothing that is done under this lock can panic half-way.
fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
