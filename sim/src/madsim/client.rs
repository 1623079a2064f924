//! A client over madsim's sockets: requests out, frames in, every byte it receives entered in the run's digest.

use super::stream::{Stall, Stream, Weather};
use super::{Cluster, host};
use ::madsim::net::TcpStream;
use net::resp::{Decoded, Decoder, Frame, encode_request};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection to a server.
pub struct Client {
    stream: Stream,
    decoder: Decoder,
    /// Received and not decoded.
    buffer: Vec<u8>,
    /// To be sent; `sent` of it is.
    output: Vec<u8>,
    sent: usize,
    name: String,
    cluster: Cluster,
}

impl Client {
    /// Connects from the machine of the calling task. `name` must be unique among the connections of a run: it
    /// names the connection's chance.
    ///
    /// # Errors
    /// Nobody listens there, or a partition lies between.
    pub async fn connect(
        cluster: &Cluster,
        name: &str,
        to: SocketAddr,
        weather: Weather,
    ) -> io::Result<Self> {
        let tcp = TcpStream::connect(to).await?;
        let chance = cluster.seed.stream(&format!("client {name}"));
        Ok(Client {
            stream: Stream::new(tcp, weather, chance, Stall::default()),
            decoder: Decoder::default(),
            buffer: Vec::new(),
            output: Vec::new(),
            sent: 0,
            name: name.to_owned(),
            cluster: cluster.clone(),
        })
    }

    /// Lets a request wait for the next `send` or `receive`.
    pub fn queue<A: AsRef<[u8]>>(&mut self, words: &[A]) {
        encode_request(words, &mut self.output);
    }

    /// The same for bytes as they are.
    pub fn queue_raw(&mut self, bytes: &[u8]) {
        self.output.extend(bytes);
    }

    /// Sends all that is queued; reads nothing.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn send(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_send(cx)).await
    }

    /// The next reply; sends what is queued meanwhile. `None` at the end of the stream.
    ///
    /// # Errors
    /// The connection was reset, or what came is not RESP.
    pub async fn receive(&mut self) -> io::Result<Option<Frame>> {
        loop {
            match self.decoder.next(&self.buffer).map_err(|error| {
                io::Error::new(ErrorKind::InvalidData, format!("{error}: {:?}", self.buffer.escape_ascii()))
            })? {
                Decoded::Frame { frame, consumed } => {
                    self.buffer.drain(..consumed);
                    return Ok(Some(frame));
                }
                Decoded::Incomplete { consumed, .. } => {
                    self.buffer.drain(..consumed);
                }
            }
            if !poll_fn(|cx| self.poll_receive(cx)).await? {
                return match self.decoder.is_idle() && self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(io::Error::new(ErrorKind::UnexpectedEof, "the stream ended within a reply")),
                };
            }
        }
    }

    /// Sends one request and waits for its reply.
    ///
    /// # Errors
    /// As `receive`; the end of the stream is one.
    pub async fn call<A: AsRef<[u8]>>(&mut self, words: &[A]) -> io::Result<Frame> {
        self.queue(words);
        self.receive().await?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }

    /// Sends no more; still receives.
    pub async fn finish(&mut self) -> io::Result<()> {
        self.send().await?;
        poll_fn(|cx| Pin::new(&mut self.stream).poll_shutdown(cx)).await
    }

    /// Breaks the connection.
    pub fn reset(mut self) {
        self.stream.reset();
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.output.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.output[self.sent..]) {
                Poll::Ready(Ok(count)) => self.sent += count,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        self.output.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// False at the end of the stream.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        // A server that is gone may have left replies behind; reading will tell.
        if let Poll::Ready(Err(_)) = self.poll_send(cx) {
            self.output.clear();
            self.sent = 0;
        }
        let mut bytes = [0; 16 * 1024];
        let mut read = ReadBuf::new(&mut bytes);
        match Pin::new(&mut self.stream).poll_read(cx, &mut read) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => {
                self.cluster.witness(&self.name, host::mono_us(), b"(reset)");
                Poll::Ready(Err(error))
            }
            Poll::Ready(Ok(())) => {
                let read = read.filled();
                self.cluster.witness(&self.name, host::mono_us(), read);
                self.buffer.extend(read);
                Poll::Ready(Ok(!read.is_empty()))
            }
        }
    }
}
