#include "cmd/commands.hpp"

#include "cmd/command.hpp"

#include <array>

namespace mtls::cmd {
namespace {

constexpr std::array k_commands{
    CommandEntry{"ca init", "Make a CA directory: a root, or an intermediate with --parent",
                 add_ca_init},
    CommandEntry{"ca adopt", "Make a CA directory for a CA that another tool made", add_ca_adopt},
    CommandEntry{"client issue", "Make a key, a request and a client certificate",
                 add_client_issue},
    CommandEntry{"server issue", "The same for a listener", add_server_issue},
    CommandEntry{"ca sign", "Sign a request made elsewhere", add_ca_sign},
    CommandEntry{"key generate", "Make a private key", add_key_generate},
    CommandEntry{"csr create", "Make a certificate request for a key", add_csr_create},
    CommandEntry{"verify", "Say whether a certificate would be accepted, and why not", add_verify},
    CommandEntry{"serve", "Listen for TLS, let in whom the CA certified, and say who it is",
                 add_serve},
    CommandEntry{"probe", "Prove from outside whether a listener enforces mutual TLS", add_probe},
    CommandEntry{"inspect", "Say what a PEM or DER file is, and show it", add_inspect},
    CommandEntry{"ca show", "Show a CA: its certificate, chain and settings", add_ca_show},
    CommandEntry{"ca export", "Write the CA certificate, to be uploaded where clients are checked",
                 add_ca_export},
    CommandEntry{"cert list", "List what the CA has issued", add_cert_list},
    CommandEntry{"cert show", "Show one issued certificate", add_cert_show},
    CommandEntry{"cert export", "Write one issued certificate as PEM", add_cert_export},
    CommandEntry{"store migrate", "Bring a ledger's tables up to date", add_store_migrate},
    CommandEntry{"store copy", "Copy a ledger to another place, and compare", add_store_copy},
    CommandEntry{"store check", "Re-derive everything a ledger says, and tell what is wrong",
                 add_store_check},
    CommandEntry{"store repair", "Rebuild indexes, and put lost certificates back from files",
                 add_store_repair},
    CommandEntry{"store backup", "Write a whole copy of a ledger into one file", add_store_backup},
    CommandEntry{"store accept-rollback",
                 "Go on with a ledger that is older than the one used last",
                 add_store_accept_rollback},
    CommandEntry{"store accept-clock", "Go on although an entry is in the future",
                 add_store_accept_clock},
    CommandEntry{"store accept-loss", "Go on although rows are gone that the log recorded",
                 add_store_accept_loss},
    CommandEntry{"log show", "List what was done, entry by entry", add_log_show},
    CommandEntry{"log verify", "Check that nothing recorded was changed or removed",
                 add_log_verify},
    CommandEntry{"log head", "Print where the log ends, to be kept elsewhere", add_log_head},
    CommandEntry{"store import", "Take in what another tool issued for the CA", add_store_import},
    CommandEntry{"store export", "Write the ledger as openssl's index, JSON or CSV",
                 add_store_export},
    CommandEntry{"render", "Write the configuration of what checks clients", add_render},
    CommandEntry{"profile list", "List the profiles", add_profile_list},
    CommandEntry{"profile show", "Show a profile as TOML", add_profile_show},
    CommandEntry{"profile check", "Check a profile of your own", add_profile_check},
    CommandEntry{"completion", "Print the completion script of a shell", add_completion},
    CommandEntry{"version", "Print the version", add_version},
    CommandEntry{"help", "Explain a command or a topic", add_help},
    CommandEntry{"docs", "Write docs/cli.md, docs/man and completions of a source tree", add_docs,
                 Visibility::hidden},
};

constexpr std::array k_nouns{
    NounEntry{"ca", "A certificate authority in a directory"},
    NounEntry{"client", "Certificates for clients"},
    NounEntry{"server", "Certificates for listeners"},
    NounEntry{"key", "Private keys"},
    NounEntry{"csr", "Certificate requests"},
    NounEntry{"cert", "What the ledger of a CA holds"},
    NounEntry{"store", "Where a ledger is kept"},
    NounEntry{"log", "What was done, each entry with the hash of the one before"},
    NounEntry{"profile", "What certificates may be and hold"},
};

}  // namespace

std::span<const CommandEntry> command_table() { return k_commands; }

std::span<const NounEntry> noun_table() { return k_nouns; }

}  // namespace mtls::cmd
