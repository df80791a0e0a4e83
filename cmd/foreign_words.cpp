#include "cmd/foreign_words.hpp"

#include "base/error.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <array>

namespace mtls::cmd {
namespace {

/// What stands for a group of words. `cannot` is empty where mtlsctl does it.
struct Answer {
  std::string_view words;  // parted by blanks, with one at each end
  std::string_view cannot;
  std::string_view hint;
};

constexpr std::array k_answers{
    Answer{" revoke revoke-full ", "revoke a certificate yet",
           "for a CA of another tool: revoke there, and take it in with 'mtlsctl store import "
           "PATH'; 'mtlsctl cert list' shows which are revoked"},
    Answer{" crl gencrl gen-crl ", "make a CRL yet",
           "'mtlsctl inspect FILE' shows one, and 'mtlsctl render TARGET --crl FILE' gives one to "
           "a server"},
    Answer{" ocsp ", "answer or ask OCSP",
           "'mtlsctl verify FILE' says whether the CA's ledger has a certificate as revoked"},
    Answer{" p12 pkcs12 pfx export-p12 ", "write PKCS #12 yet",
           "openssl pkcs12 -export -in client.crt -inkey client.key -out client.p12"},
    Answer{" renew rekey reissue ", "renew a certificate in one step yet",
           "issue it again: 'mtlsctl client issue --force --force-key' or 'mtlsctl server issue "
           "--force --force-key' with the same --name, --san and subject replaces the set"},
    Answer{" sign sign-req signreq ", "", "did you mean 'mtlsctl ca sign FILE'?"},
    Answer{" req gen-req certreq ", "",
           "did you mean 'mtlsctl csr create --key FILE', or 'mtlsctl client issue', which makes "
           "key, request and certificate?"},
    Answer{" x509 asn1parse show-cert view text ", "", "did you mean 'mtlsctl inspect FILE'?"},
    Answer{" genrsa genpkey gen-key genkey ecparam keygen ", "",
           "did you mean 'mtlsctl key generate'?"},
    Answer{" build-ca init-pki init init-ca newca create-ca ", "",
           "did you mean 'mtlsctl ca init'?"},
    Answer{" build-client-full ", "", "did you mean 'mtlsctl client issue'?"},
    Answer{" build-server-full ", "", "did you mean 'mtlsctl server issue'?"},
    Answer{" issue create new add certificate ", "",
           "did you mean 'mtlsctl client issue' or 'mtlsctl server issue'?"},
    Answer{" list ls status index ", "", "did you mean 'mtlsctl cert list'?"},
    Answer{" s_client ", "", "did you mean 'mtlsctl probe URL'?"},
    Answer{" s_server ", "", "did you mean 'mtlsctl serve'?"},
    Answer{" export ", "", "did you mean 'mtlsctl cert export' or 'mtlsctl ca export'?"},
    Answer{" import ", "", "did you mean 'mtlsctl store import PATH'?"},
    Answer{" backup ", "", "did you mean 'mtlsctl store backup'?"},
};

}  // namespace

void refuse_foreign_word(std::string_view command, std::string_view word) {
  if (word.find(' ') != std::string_view::npos) return;
  // `new` and the like say what is made by the noun before them; the list of commands answers that.
  if (command.find(' ') != command.rfind(' ') &&
      (word == "create" || word == "new" || word == "add" || word == "init"))
    return;
  const std::string wanted = format(" {} ", word);
  const auto* const answer = std::find_if(
      k_answers.begin(), k_answers.end(),
      [&wanted](const Answer& one) { return one.words.find(wanted) != std::string_view::npos; });
  if (answer == k_answers.end()) return;
  throw Error(Errc::usage,
              answer->cannot.empty() ? format("unknown command: {}", command)
                                     : format("{}: mtlsctl cannot {}", command, answer->cannot),
              std::string(answer->hint));
}

}  // namespace mtls::cmd
