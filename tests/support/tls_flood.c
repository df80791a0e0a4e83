// tls_flood PORT CERT KEY KIND SECONDS: a client on the loopback that keeps a TLS listener busy with
// what is no request: "key-update" (TLS 1.3), "tiny" (records of one octet, after "GET /") or
// "renegotiate" (TLS 1.2). Prints how many it sent and whether the server ended the connection.
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int fail(const char* what) {
  fprintf(stderr, "%s\n", what);
  ERR_print_errors_fp(stderr);
  return 1;
}

static int send_one(SSL* ssl, const char* kind) {
  if (strcmp(kind, "tiny") == 0) return SSL_write(ssl, "x", 1) == 1;
  if (strcmp(kind, "key-update") == 0) {
    return SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1;
  }
  return SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1;
}

int main(int count, char** arguments) {
  if (count != 6) return fail("usage: tls_flood PORT CERT KEY KIND SECONDS");
  const char* kind = arguments[4];
  signal(SIGPIPE, SIG_IGN);
  alarm((unsigned)atoi(arguments[5]) + 5);  // stops by itself, whatever happens
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (SSL_CTX_use_certificate_chain_file(context, arguments[2]) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, arguments[3], SSL_FILETYPE_PEM) != 1) {
    return fail("cannot read the certificate or its key");
  }
  if (strcmp(kind, "renegotiate") == 0) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  const int line = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)atoi(arguments[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(line, (struct sockaddr*)&address, sizeof address) != 0) return fail("cannot connect");
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, line);
  SSL_set_tlsext_host_name(ssl, "localhost");
  if (SSL_connect(ssl) != 1) return fail("no handshake");
  SSL_write(ssl, "GET /", 5);
  const time_t end = time(NULL) + atoi(arguments[5]);
  long sent = 0;
  int alive = 1;
  while (alive && time(NULL) < end) {
    alive = send_one(ssl, kind);
    if (alive) ++sent;
  }
  printf("%ld %s\n", sent, alive ? "open" : "ended");
  return 0;
}
