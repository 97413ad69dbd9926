//! A connection that keeps its promises: it speaks in time, it is counted, it can be cut.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

use super::admission::Slot;
use super::peer::Peer;

/// Length of the HTTP/2 connection preface (RFC 9113 section 3.4), which hyper waits for without limit.
const PREFACE_BYTES: usize = 24;

/// An accepted connection, plain or TLS.
///
/// - A read fails when the first request head has not arrived whole in time.
/// - Every operation fails, and a waiting one wakes, once it is cut or the kill switch is thrown: tonic has no
///   other way to end a connection whose peer hangs.
/// - Its place under the connection limits is given back when it is dropped.
pub struct GuardedIo {
    stream: Stream,
    peer: Peer,
    opening: Option<Opening>,
    cut: CancellationToken,
    killed: Pin<Box<WaitForCancellationFutureOwned>>,
    _slot: Slot,
}

/// What a request knows of its connection, found in its extensions.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) peer: Peer,
    /// Ends it.
    pub(super) cut: CancellationToken,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The time before the first request head is complete.
struct Opening {
    limit: Pin<Box<Sleep>>,
    head: FirstHead,
}

/// Watches the first bytes go by until they hold a whole request head.
///
/// A head ends with a blank line, and the HTTP/2 preface, made to look like a request, has one too.
#[derive(Default)]
struct FirstHead {
    seen: usize,
    line_is_blank: bool,
    blank_line_seen: bool,
}

impl GuardedIo {
    pub(super) fn plain(
        stream: TcpStream,
        peer: Peer,
        slot: Slot,
        terms: &Terms,
        deadline: Instant,
    ) -> Self {
        Self::new(Stream::Plain(stream), peer, slot, terms, deadline)
    }

    pub(super) fn tls(
        stream: TlsStream<TcpStream>,
        peer: Peer,
        slot: Slot,
        terms: &Terms,
        deadline: Instant,
    ) -> Self {
        Self::new(Stream::Tls(Box::new(stream)), peer, slot, terms, deadline)
    }

    /// By the deadline the first request head must have arrived whole.
    fn new(stream: Stream, peer: Peer, slot: Slot, terms: &Terms, deadline: Instant) -> Self {
        // A child has its own lock, so that connections do not meet at every read.
        let cut = terms.kill.child_token();

        Self {
            stream,
            peer,
            opening: Some(Opening {
                limit: Box::pin(tokio::time::sleep_until(deadline)),
                head: FirstHead::default(),
            }),
            killed: Box::pin(cut.clone().cancelled_owned()),
            cut,
            _slot: slot,
        }
    }

    fn poll_killed(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.killed.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the server has cut it",
            )),
            Poll::Pending => Ok(()),
        }
    }

    fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(opening) = &mut self.opening else {
            return Poll::Pending;
        };

        ready!(opening.limit.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "no whole request head in time",
        )))
    }
}

/// What every connection of a listener must obey.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) first_request: Duration,
    pub(super) kill: CancellationToken,
}

impl Connected for GuardedIo {
    type ConnectInfo = Connection;

    fn connect_info(&self) -> Connection {
        Connection {
            peer: self.peer,
            cut: self.cut.clone(),
        }
    }
}

impl AsyncRead for GuardedIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.poll_killed(cx)?;

        let before = buf.filled().len();
        let Poll::Ready(read) = this.stream.pinned().poll_read(cx, buf) else {
            return this.poll_too_slow(cx);
        };

        if let Some(opening) = &mut this.opening
            && opening.head.completed_by(&buf.filled()[before..])
        {
            this.opening = None;
        }

        Poll::Ready(read)
    }
}

impl AsyncWrite for GuardedIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.poll_killed(cx)?;
        this.stream.pinned().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.poll_killed(cx)?;
        this.stream.pinned().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.poll_killed(cx)?;
        this.stream.pinned().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.poll_killed(cx)?;
        this.stream.pinned().poll_shutdown(cx)
    }
}

/// Both kinds of stream, so that `Stream` need not forward each operation by hand.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl Stream {
    fn pinned(&mut self) -> Pin<&mut dyn Duplex> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }
}

impl FirstHead {
    /// Takes the bytes that arrived next and tells whether a whole head has been seen.
    ///
    /// No legal HTTP/1.1 head is shorter than the HTTP/2 preface, so both wait for that many bytes.
    fn completed_by(&mut self, bytes: &[u8]) -> bool {
        self.seen = self.seen.saturating_add(bytes.len());

        for byte in bytes {
            match byte {
                b'\n' if self.line_is_blank => self.blank_line_seen = true,
                b'\n' => self.line_is_blank = true,
                b'\r' => {}
                _ => self.line_is_blank = false,
            }
        }

        self.blank_line_seen && self.seen >= PREFACE_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(chunks: &[&[u8]]) -> bool {
        let mut head = FirstHead::default();
        chunks
            .iter()
            .fold(false, |_, chunk| head.completed_by(chunk))
    }

    #[test]
    fn a_head_is_complete_when_its_blank_line_has_come() {
        for (expected, chunks) in [
            (true, &[&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..]][..]),
            (false, &[&b"PRI * HTTP/2.0\r\n\r\nSM\r\n"[..]]),
            (true, &[&b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..]]),
            (true, &[&b"GET / HTTP/1.1\nhost: abc\n\n"[..]]),
            (true, &[&b"GET / HTTP/1.1\r\nhost: a\r"[..], b"\n\r", b"\n"]),
            (false, &[&b"GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n"[..]]),
            (false, &[&b""[..]]),
        ] {
            assert_eq!(complete(chunks), expected, "{chunks:?}");
        }
    }
}
