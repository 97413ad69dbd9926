//! A connection in clear that is read by the line.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncBufRead as _, AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::net::TcpStream;

/// Yields at most one line at a time, so that lettre holds nothing that came behind the answer to STARTTLS when TLS begins.
///
/// It would take that for the server's word under TLS, where anybody on the way can have written it. As it is, it becomes
/// part of the handshake, which fails of it.
#[derive(Debug)]
pub(super) struct ByLine(BufReader<TcpStream>);

impl ByLine {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }
}

impl AsyncRead for ByLine {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stream = Pin::new(&mut self.get_mut().0);
        let held = ready!(stream.as_mut().poll_fill_buf(context))?;
        let line = held.split_inclusive(|&byte| byte == b'\n').next();
        let line = line.unwrap_or_default();
        let read = line.len().min(into.remaining());
        into.put_slice(&line[..read]);
        stream.consume(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ByLine {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for ByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().peer_addr()
    }
}
