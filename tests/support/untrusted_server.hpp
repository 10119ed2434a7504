// A TLS server whose certificate nobody vouches for.
#pragma once

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>

#include "support/catch.hpp"

namespace nowd::test {

/// Accepts one TLS connection and keeps what it is told there.
class UntrustedServer {
 public:
  UntrustedServer() : context_(SSL_CTX_new(TLS_server_method())), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    make_certificate();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~UntrustedServer() {
    join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }

  std::string url() const { return "https://localhost:" + std::to_string(port_) + "/"; }
  std::string mail_url() const { return "smtps://localhost:" + std::to_string(port_); }
  /// What came through the encryption.
  std::string heard() {
    join();
    return heard_;
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  /// For "localhost" and for years: only its signature is nobody's.
  void make_certificate() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_EXTENSION* name = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate, name, -1);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_EXTENSION_free(name);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }

  void serve() {
    const int socket = ::accept(listener_, nullptr, nullptr);
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, socket);
    char bytes[4096];
    if (SSL_accept(tls) == 1)
      for (int got = 0; (got = SSL_read(tls, bytes, sizeof bytes)) > 0;)
        heard_.append(bytes, static_cast<std::size_t>(got));
    SSL_free(tls);
    ::close(socket);
  }

  SSL_CTX* context_;
  int listener_;
  std::uint16_t port_ = 0;
  std::string heard_;
  std::thread thread_;
};

}  // namespace nowd::test
