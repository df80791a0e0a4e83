#include "tls/turn_bio.hpp"

#include "ossl/openssl_error.hpp"

namespace mtls::tls {
namespace {

// A filter (BIO_meth_new(3)) over libcrypto's socket BIO: all but the counting is that one's.

int read_within_budget(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  auto& budget = *static_cast<TurnBudget*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (budget.reads_left == 0) {
    budget.exhausted = true;
    BIO_set_retry_read(bio);
    return 0;
  }
  --budget.reads_left;
  const int result = BIO_read_ex(BIO_next(bio), into, size, count);
  BIO_copy_next_retry(bio);
  return result;
}

int write_through(BIO* bio, const char* from, std::size_t size, std::size_t* count) {
  BIO_clear_retry_flags(bio);
  const int result = BIO_write_ex(BIO_next(bio), from, size, count);
  BIO_copy_next_retry(bio);
  return result;
}

long control_through(BIO* bio, int command, long number, void* pointer) {
  BIO* const next = BIO_next(bio);
  return next == nullptr ? 0 : BIO_ctrl(next, command, number, pointer);
}

int mark_initialised(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

/// Made once; connections refer to it for as long as there is a process.
const BIO_METHOD* turn_method() {
  static const BIO_METHOD* const s_method = [] {
    BIO_METHOD* const made = ossl::require_pointer(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "turn budget"), "BIO_meth_new");
    ossl::require(BIO_meth_set_read_ex(made, read_within_budget) == 1 &&
                      BIO_meth_set_write_ex(made, write_through) == 1 &&
                      BIO_meth_set_ctrl(made, control_through) == 1 &&
                      BIO_meth_set_create(made, mark_initialised) == 1,
                  "BIO_meth_set");
    return made;
  }();
  return s_method;
}

}  // namespace

ossl::Handle<BIO> make_turn_bio(int socket, TurnBudget& budget) {
  ossl::Handle<BIO> below(
      ossl::require_pointer(BIO_new_socket(socket, BIO_NOCLOSE), "BIO_new_socket"));
  ossl::Handle<BIO> bio(ossl::require_pointer(BIO_new(turn_method()), "BIO_new"));
  BIO_set_data(bio.get(), &budget);
  BIO_push(bio.get(), below.release());
  return bio;
}

}  // namespace mtls::tls
