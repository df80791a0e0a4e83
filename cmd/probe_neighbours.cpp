#include "cmd/probe_neighbours.hpp"

#include "base/error.hpp"
#include "base/format.hpp"
#include "cmd/host_values.hpp"
#include "cmd/input_file.hpp"
#include "cmd/key_options.hpp"

#include <algorithm>

namespace mtls::cmd {
namespace {

constexpr std::string_view k_flag = "--neighbour-passphrase";

/// A name as SNI has it (RFC 6066 section 3): no address, no dot at its end.
std::string normal_name(std::string name) {
  if (!name.empty() && name.back() == '.') name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

ValueType<NeighbourFiles> neighbour_value() {
  return {"NAME=CERT,KEY",
          "NAME=CERT,KEY: a host name, its client's certificate file and private key file",
          [](const std::string& text) -> std::optional<NeighbourFiles> {
            const std::size_t equals = text.find('=');  // no name holds one, files may
            if (equals == std::string::npos) return std::nullopt;
            const auto name = host_value().parse(normal_name(text.substr(0, equals)));
            const auto files = split_identity_files(std::string_view(text).substr(equals + 1));
            if (!name || !files || is_ip_address(*name)) return std::nullopt;
            return NeighbourFiles{*name, *files};
          }};
}

}  // namespace

void NeighbourOptions::add_to(OptionSet& options) {
  options.list("--neighbour", neighbours, neighbour_value(),
               "Another name of the port, with a client certificate that is valid there: it must "
               "not get in here (N0 to N6)");
  options.value(std::string(k_flag), passphrase, secret_value(), "Opens the keys of --neighbour");
}

void NeighbourOptions::check(const TargetOptions& target) const {
  for (auto one = neighbours.begin(); one != neighbours.end(); ++one) {
    if (one->name == normal_name(target.trusted_name())) {
      throw Error(Errc::usage, format("--neighbour {} is the name that is probed", one->name),
                  "name another one of the same port, and a client certificate of its own");
    }
    if (std::any_of(neighbours.begin(), one,
                    [one](const NeighbourFiles& other) { return other.name == one->name; })) {
      throw Error(Errc::usage, format("--neighbour {} is given twice", one->name),
                  "one client of each name is enough");
    }
  }
  if (passphrase && neighbours.empty()) {
    throw Error(Errc::usage, format("{} without --neighbour", k_flag));
  }
}

std::vector<probe::Neighbour> NeighbourOptions::read(const TargetOptions& target,
                                                     const SigningOptions& signing,
                                                     Session& session) const {
  std::vector<probe::Neighbour> read;
  // Read once: the same passphrase opens the keys of all neighbours.
  const HeldPassphrase held = HeldPassphrase::read(
      passphrase, {.flag = std::string(k_flag), .what = "passphrase of the neighbours' keys"},
      session);
  for (const NeighbourFiles& one : neighbours) {
    const std::string what = format("passphrase of {}", shown_input(one.files.key));
    read.push_back(
        {.name = one.name,
         .host = target.host_of(one.name),
         .identity = read_identity(
             one.files,
             {.passphrase = held.source({.flag = std::string(k_flag), .what = what}, session),
              .flag = k_flag,
              .legacy = signing.legacy(),
              .trust = signing.files.trust(session)},
             session)});
  }
  return read;
}

}  // namespace mtls::cmd
