// libssl, loaded when the first of its functions is called. Only probe and serve speak TLS; linked
// in the usual way it would be mapped and relocated by every other command as well, a twentieth of
// the time of a verdict. The functions that this room calls are defined here under their own names
// and pass the call on, so that nothing else differs from being linked with libssl; one that is
// missing here fails to link. The library is found as the loader would have found it, by the name
// that the headers of its version go with.

#include "base/error.hpp"
#include "base/format.hpp"

#include <openssl/ssl.h>

#include <dlfcn.h>

namespace {

#define MTLS_TEXT_OF(x) #x
#define MTLS_TEXT(x) MTLS_TEXT_OF(x)
constexpr const char* k_library = "libssl.so." MTLS_TEXT(OPENSSL_SHLIB_VERSION);

[[noreturn]] void fail(const char* what) {
  const char* said = dlerror();  // NOLINT(concurrency-mt-unsafe): it speaks of this thread's call
  throw mtls::Error(
      mtls::Errc::io,
      mtls::format("cannot load {}: {}", what, said != nullptr ? said : "the loader does not say"),
      "install OpenSSL's libssl (Debian: libssl3)");
}

void* library() {
  // Never closed: it has handlers and sessions for as long as there is a process.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a handle
  static void* const s_library = [] {
    void* const opened = dlopen(k_library, RTLD_NOW | RTLD_LOCAL);
    if (opened == nullptr) fail(k_library);
    return opened;
  }();
  return s_library;
}

template <class Function>
Function* find(const char* name) {
  void* const found = dlsym(library(), name);
  if (found == nullptr) fail(name);
  return reinterpret_cast<Function*>(found);
}

}  // namespace

// The function of libssl with this name, looked up once.
#define LIBSSL(name)                                         \
  ([]() -> decltype(&(name)) {                               \
    static const auto s_found = find<decltype(name)>(#name); \
    return s_found;                                          \
  }())

// Parameters are in the order of the headers, and mean what they mean there.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

const char* SSL_CIPHER_get_name(const SSL_CIPHER* a) { return LIBSSL(SSL_CIPHER_get_name)(a); }
int SSL_CTX_add_client_CA(SSL_CTX* a, X509* b) { return LIBSSL(SSL_CTX_add_client_CA)(a, b); }
uint64_t SSL_CTX_clear_options(SSL_CTX* a, uint64_t b) {
  return LIBSSL(SSL_CTX_clear_options)(a, b);
}
long SSL_CTX_ctrl(SSL_CTX* a, int b, long c, void* d) { return LIBSSL(SSL_CTX_ctrl)(a, b, c, d); }
void SSL_CTX_free(SSL_CTX* a) { LIBSSL(SSL_CTX_free)(a); }
X509_VERIFY_PARAM* SSL_CTX_get0_param(SSL_CTX* a) { return LIBSSL(SSL_CTX_get0_param)(a); }
X509_STORE* SSL_CTX_get_cert_store(const SSL_CTX* a) { return LIBSSL(SSL_CTX_get_cert_store)(a); }
int SSL_CTX_get_security_level(const SSL_CTX* a) { return LIBSSL(SSL_CTX_get_security_level)(a); }
SSL_CTX* SSL_CTX_new_ex(OSSL_LIB_CTX* a, const char* b, const SSL_METHOD* c) {
  return LIBSSL(SSL_CTX_new_ex)(a, b, c);
}
void SSL_CTX_sess_set_new_cb(SSL_CTX* a, int (*b)(SSL*, SSL_SESSION*)) {
  LIBSSL(SSL_CTX_sess_set_new_cb)(a, b);
}
void SSL_CTX_set_alpn_select_cb(SSL_CTX* a, SSL_CTX_alpn_select_cb_func b, void* c) {
  LIBSSL(SSL_CTX_set_alpn_select_cb)(a, b, c);
}
void SSL_CTX_set_cert_verify_callback(SSL_CTX* a, int (*b)(X509_STORE_CTX*, void*), void* c) {
  LIBSSL(SSL_CTX_set_cert_verify_callback)(a, b, c);
}
int SSL_CTX_set_cipher_list(SSL_CTX* a, const char* b) {
  return LIBSSL(SSL_CTX_set_cipher_list)(a, b);
}
int SSL_CTX_set_default_verify_paths(SSL_CTX* a) {
  return LIBSSL(SSL_CTX_set_default_verify_paths)(a);
}
int SSL_CTX_set_max_early_data(SSL_CTX* a, uint32_t b) {
  return LIBSSL(SSL_CTX_set_max_early_data)(a, b);
}
uint64_t SSL_CTX_set_options(SSL_CTX* a, uint64_t b) { return LIBSSL(SSL_CTX_set_options)(a, b); }
void SSL_CTX_set_security_level(SSL_CTX* a, int b) { LIBSSL(SSL_CTX_set_security_level)(a, b); }
int SSL_CTX_set_session_id_context(SSL_CTX* a, const unsigned char* b, unsigned int c) {
  return LIBSSL(SSL_CTX_set_session_id_context)(a, b, c);
}
int SSL_CTX_set_session_ticket_cb(SSL_CTX* a, SSL_CTX_generate_session_ticket_fn b,
                                  SSL_CTX_decrypt_session_ticket_fn c, void* d) {
  return LIBSSL(SSL_CTX_set_session_ticket_cb)(a, b, c, d);
}
long SSL_CTX_set_timeout(SSL_CTX* a, long b) { return LIBSSL(SSL_CTX_set_timeout)(a, b); }
void SSL_CTX_set_verify(SSL_CTX* a, int b, SSL_verify_cb c) { LIBSSL(SSL_CTX_set_verify)(a, b, c); }
int SSL_CTX_use_cert_and_key(SSL_CTX* a, X509* b, EVP_PKEY* c, STACK_OF(X509) * d, int e) {
  return LIBSSL(SSL_CTX_use_cert_and_key)(a, b, c, d, e);
}
void SSL_SESSION_free(SSL_SESSION* a) { LIBSSL(SSL_SESSION_free)(a); }
X509* SSL_SESSION_get0_peer(SSL_SESSION* a) { return LIBSSL(SSL_SESSION_get0_peer)(a); }
int SSL_SESSION_get0_ticket_appdata(SSL_SESSION* a, void** b, size_t* c) {
  return LIBSSL(SSL_SESSION_get0_ticket_appdata)(a, b, c);
}
int SSL_SESSION_set1_ticket_appdata(SSL_SESSION* a, const void* b, size_t c) {
  return LIBSSL(SSL_SESSION_set1_ticket_appdata)(a, b, c);
}
int SSL_SESSION_up_ref(SSL_SESSION* a) { return LIBSSL(SSL_SESSION_up_ref)(a); }
const char* SSL_alert_desc_string_long(int a) { return LIBSSL(SSL_alert_desc_string_long)(a); }
long SSL_ctrl(SSL* a, int b, long c, void* d) { return LIBSSL(SSL_ctrl)(a, b, c, d); }
int SSL_do_handshake(SSL* a) { return LIBSSL(SSL_do_handshake)(a); }
void SSL_free(SSL* a) { LIBSSL(SSL_free)(a); }
void SSL_get0_alpn_selected(const SSL* a, const unsigned char** b, unsigned int* c) {
  LIBSSL(SSL_get0_alpn_selected)(a, b, c);
}
const STACK_OF(X509_NAME) * SSL_get0_peer_CA_list(const SSL* a) {
  return LIBSSL(SSL_get0_peer_CA_list)(a);
}
X509* SSL_get0_peer_certificate(const SSL* a) { return LIBSSL(SSL_get0_peer_certificate)(a); }
const SSL_CIPHER* SSL_get_current_cipher(const SSL* a) { return LIBSSL(SSL_get_current_cipher)(a); }
int SSL_get_error(const SSL* a, int b) { return LIBSSL(SSL_get_error)(a, b); }
void* SSL_get_ex_data(const SSL* a, int b) { return LIBSSL(SSL_get_ex_data)(a, b); }
int SSL_get_ex_data_X509_STORE_CTX_idx() { return LIBSSL(SSL_get_ex_data_X509_STORE_CTX_idx)(); }
STACK_OF(X509) * SSL_get_peer_cert_chain(const SSL* a) {
  return LIBSSL(SSL_get_peer_cert_chain)(a);
}
BIO* SSL_get_rbio(const SSL* a) { return LIBSSL(SSL_get_rbio)(a); }
const char* SSL_get_servername(const SSL* a, int b) { return LIBSSL(SSL_get_servername)(a, b); }
SSL_SESSION* SSL_get_session(const SSL* a) { return LIBSSL(SSL_get_session)(a); }
int SSL_get_sigalgs(SSL* a, int b, int* c, int* d, int* e, unsigned char* f, unsigned char* g) {
  return LIBSSL(SSL_get_sigalgs)(a, b, c, d, e, f, g);
}
long SSL_get_verify_result(const SSL* a) { return LIBSSL(SSL_get_verify_result)(a); }
const char* SSL_get_version(const SSL* a) { return LIBSSL(SSL_get_version)(a); }
BIO* SSL_get_wbio(const SSL* a) { return LIBSSL(SSL_get_wbio)(a); }
int SSL_is_init_finished(const SSL* a) { return LIBSSL(SSL_is_init_finished)(a); }
SSL* SSL_new(SSL_CTX* a) { return LIBSSL(SSL_new)(a); }
int SSL_read(SSL* a, void* b, int c) { return LIBSSL(SSL_read)(a, b, c); }
int SSL_read_ex(SSL* a, void* b, size_t c, size_t* d) { return LIBSSL(SSL_read_ex)(a, b, c, d); }
int SSL_session_reused(const SSL* a) { return LIBSSL(SSL_session_reused)(a); }
void SSL_set_accept_state(SSL* a) { LIBSSL(SSL_set_accept_state)(a); }
int SSL_set_alpn_protos(SSL* a, const unsigned char* b, unsigned int c) {
  return LIBSSL(SSL_set_alpn_protos)(a, b, c);
}
void SSL_set_bio(SSL* a, BIO* b, BIO* c) { LIBSSL(SSL_set_bio)(a, b, c); }
void SSL_set_cert_cb(SSL* a, int (*b)(SSL*, void*), void* c) { LIBSSL(SSL_set_cert_cb)(a, b, c); }
void SSL_set_connect_state(SSL* a) { LIBSSL(SSL_set_connect_state)(a); }
int SSL_set_ex_data(SSL* a, int b, void* c) { return LIBSSL(SSL_set_ex_data)(a, b, c); }
int SSL_set_fd(SSL* a, int b) { return LIBSSL(SSL_set_fd)(a, b); }
void SSL_set_info_callback(SSL* a, void (*b)(const SSL*, int, int)) {
  LIBSSL(SSL_set_info_callback)(a, b);
}
void SSL_set_msg_callback(SSL* a, void (*b)(int, int, int, const void*, size_t, SSL*, void*)) {
  LIBSSL(SSL_set_msg_callback)(a, b);
}
void SSL_set_post_handshake_auth(SSL* a, int b) { LIBSSL(SSL_set_post_handshake_auth)(a, b); }
int SSL_set_session(SSL* a, SSL_SESSION* b) { return LIBSSL(SSL_set_session)(a, b); }
void SSL_set_shutdown(SSL* a, int b) { LIBSSL(SSL_set_shutdown)(a, b); }
int SSL_shutdown(SSL* a) { return LIBSSL(SSL_shutdown)(a); }
int SSL_use_PrivateKey(SSL* a, EVP_PKEY* b) { return LIBSSL(SSL_use_PrivateKey)(a, b); }
int SSL_use_certificate(SSL* a, X509* b) { return LIBSSL(SSL_use_certificate)(a, b); }
int SSL_version(const SSL* a) { return LIBSSL(SSL_version)(a); }
int SSL_write(SSL* a, const void* b, int c) { return LIBSSL(SSL_write)(a, b, c); }
int SSL_write_ex(SSL* a, const void* b, size_t c, size_t* d) {
  return LIBSSL(SSL_write_ex)(a, b, c, d);
}
const SSL_METHOD* TLS_client_method() { return LIBSSL(TLS_client_method)(); }
const SSL_METHOD* TLS_server_method() { return LIBSSL(TLS_server_method)(); }

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
