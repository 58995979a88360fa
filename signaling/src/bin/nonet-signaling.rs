//! The standalone signaling server: the one that `nonet host` embeds, as a program of its own.

use clap::{Parser, Subcommand};
use nonet_signaling::protocol::ServerAddress;
use nonet_signaling::server::{Certificate, Server, ServerConfig};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Nonet's signaling server: brings people together by meeting codes. Sound and pictures go directly between them.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server until it is told to end (ctrl-c, SIGTERM).
    Serve {
        /// Where to listen, as ADDRESS:PORT; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", default_value_t = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), ServerAddress::DEFAULT_PORT))]
        listen: SocketAddr,
        /// Speak without TLS. Only for this machine, or behind a proxy that brings TLS.
        #[arg(long)]
        insecure_plain: bool,
        /// Where certificate.pem is kept; it is made if there is none. By default among the user's own data.
        #[arg(long, value_name = "DIR")]
        certificate_dir: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Arguments { command: Command::Serve { listen, insecure_plain, certificate_dir } } = Arguments::parse();
    match serve(listen, insecure_plain, certificate_dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(
    listen: SocketAddr,
    insecure_plain: bool,
    certificate_dir: Option<PathBuf>,
) -> Result<(), Box<dyn Error>> {
    let tls = if insecure_plain {
        None
    } else {
        let directory = match certificate_dir {
            Some(directory) => directory,
            None => directories::ProjectDirs::from("", "", "nonet-signaling")
                .ok_or("There is no home directory to keep the certificate in. Name one with --certificate-dir.")?
                .data_dir()
                .to_owned(),
        };
        Some(Certificate::load_or_create(&directory)?)
    };
    // Listening for them first, so that one that comes early is not lost.
    let end = end_signal()?;
    let server = Server::start(ServerConfig::new(listen, tls)).await?;
    announce(&server);
    end.await;
    tracing::info!("ending");
    server.shutdown().await;
    Ok(())
}

/// Prints how to reach the server.
#[expect(clippy::print_stdout, reason = "where it listens is this command's output, for people and scripts")]
fn announce(server: &Server) {
    let address = server.local_addr();
    match server.fingerprint() {
        Some(fingerprint) => {
            println!("listening on wss://{address}");
            println!("fingerprint {fingerprint}");
        }
        None => {
            println!("listening on ws://{address}");
            if !address.ip().is_loopback() {
                tracing::warn!("without TLS anyone on the way can read and change what is said; put a proxy before it");
            }
        }
    }
}

/// Done when the server is told to end.
fn end_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        let interrupt = tokio::signal::ctrl_c();
        #[cfg(unix)]
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = interrupt.await;
    })
}
