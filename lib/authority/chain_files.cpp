#include "authority/chain_files.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"

namespace mtls::authority {
namespace {

/// A root's chain.crt is empty; any other file holds certificates.
bool holds(const FileContents& file, const Publication::File& expected, const std::string& shown) {
  if (as_text(file.bytes.view()) == expected.content) return true;
  if (file.bytes.empty() || expected.content.empty()) return false;
  return x509::read_certificates(file.bytes.view(), shown) ==
         x509::read_certificates(as_bytes(expected.content), shown);
}

}  // namespace

std::vector<Publication::File> chain_files(const x509::Certificate& certificate,
                                           const InitRequest& request) {
  std::vector<x509::Certificate> chain{certificate};
  if (request.parent) {
    const auto& above = request.parent->directory.chain();
    chain.insert(chain.end(), above.begin(), above.end());
  }
  const std::string root = x509::to_pem(chain.back());
  chain.pop_back();
  return {{"chain.crt", x509::to_pem(chain)}, {"root.crt", root}};
}

std::vector<Publication::File> find_missing_chain(const Directory& directory,
                                                  const x509::Certificate& certificate,
                                                  const InitRequest& request) {
  std::vector<Publication::File> missing;
  for (Publication::File& one : chain_files(certificate, request)) {
    if (!directory.contains(one.name)) {
      missing.push_back(std::move(one));
      continue;
    }
    const std::string shown = printable((request.directory / one.name).native());
    if (holds(directory.read(one.name), one, shown)) continue;
    throw Error(Errc::set_mismatch,
                format("{} is there and does not match: it is not what belongs to {}{}", shown,
                       printable((request.directory / "ca.crt").native()),
                       request.parent ? " and its parent" : ""),
                format("move {} away and run the same command again: it is written again", shown));
  }
  return missing;
}

bool complete_chain(const x509::Certificate& certificate, const InitRequest& request) {
  Directory directory = Directory::open(request.directory);
  directory.lock(request.lock_timeout);
  const auto missing = find_missing_chain(directory, certificate, request);
  for (const Publication::File& one : missing) {
    directory.remove_stale(one.name);
    PendingFile file(directory, one.name, Access::shared);
    file.write(as_bytes(one.content));
    file.sync();
    file.publish(Overwrite::no);
  }
  if (!missing.empty()) directory.sync();
  return !missing.empty();
}

}  // namespace mtls::authority
