#include "authority/openssl_index.hpp"
#include "base/escape.hpp"
#include "base/format.hpp"
#include "base/time_text.hpp"
#include "cmd/ca_options.hpp"
#include "cmd/command.hpp"
#include "cmd/commands.hpp"
#include "cmd/counted.hpp"
#include "cmd/find_record.hpp"
#include "cmd/record_view.hpp"
#include "cmd/result_stream.hpp"
#include "cmd/value_types.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <set>

namespace mtls::cmd {
namespace {

enum class ExportFormat { openssl_index, json, csv };

struct Options {
  CaOptions ca;
  std::optional<ExportFormat> format;
  OutputOptions output;
};

/// Text of one row, in one of the formats.
class RowWriter {
 public:
  RowWriter() = default;
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;
  virtual ~RowWriter() = default;
  [[nodiscard]] virtual std::string head() const { return {}; }
  /// Empty where the row is not of those that the format has.
  [[nodiscard]] virtual std::string row(const store::CurrentRecord& current) = 0;
  /// A serial that is revoked and that no certificate has.
  [[nodiscard]] virtual std::string row(const store::RevokedSerial& revoked) = 0;
};

/// Only what has a certificate, each serial once: openssl reads no index with a serial twice, and a
/// revocation applies to all certificates with the serial.
class IndexWriter final : public RowWriter {
 public:
  IndexWriter(const store::Ledger& ledger, store::IssuerId issuer, UnixTime now)
      : m_ledger(ledger), m_now(now) {
    for (x509::SerialNumber& serial : ledger.repeated_serials(issuer)) {
      m_repeated.insert(std::move(serial));
    }
  }

  [[nodiscard]] std::string row(const store::CurrentRecord& current) override {
    const store::Record& record = current.record;
    if (!record.certificate) return revoked_intent(record);
    const bool repeated = m_repeated.contains(record.serial);
    if (repeated && !m_written.insert(record.serial).second) return {};
    return line(record);
  }

  /// Without a name: openssl's `ca -gencrl` needs the serial, the time and the reason.
  [[nodiscard]] std::string row(const store::RevokedSerial& revoked) override {
    static const x509::Name k_nameless;
    return authority::to_index_line({.status = 'R',
                                     .not_after = revoked.not_after.value_or(k_latest_time),
                                     .revoked_at = revoked.revocation.time,
                                     .reason = revoked.revocation.reason,
                                     .serial = revoked.serial,
                                     .subject = k_nameless});
  }

  [[nodiscard]] std::size_t repeated() const noexcept { return m_repeated.size(); }

 private:
  /// The line of an intent that is revoked, unless a certificate has its serial.
  [[nodiscard]] std::string revoked_intent(const store::Record& record) {
    if (record.state != store::State::revoked) return {};
    const auto same = m_ledger.find_by_serial(record.serial);
    const bool has_certificate =
        std::any_of(same.begin(), same.end(), [&record](const store::Record& one) {
          return one.issuer == record.issuer && one.certificate;
        });
    if (has_certificate) return {};
    return row({.issuer = record.issuer,
                .serial = record.serial,
                .not_after = record.validity.not_after,
                .revocation = {.time = record.revoked_time,
                               .reason = store::reason_in_note(record.note).value_or("")}});
  }

  [[nodiscard]] std::string line(const store::Record& record) const {
    const auto certificate = x509::Certificate::from_der(*record.certificate);
    const bool revoked = record.state == store::State::revoked;
    const bool expired = record.validity.not_after < m_now;
    return authority::to_index_line(
        {.status = revoked ? 'R' : (expired ? 'E' : 'V'),
         .not_after = record.validity.not_after,
         .revoked_at = revoked ? std::optional(record.revoked_time.value_or(record.changed_time))
                               : std::nullopt,
         .reason = store::reason_in_note(record.note).value_or(""),
         .serial = record.serial,
         .subject = certificate.subject()});
  }

  const store::Ledger& m_ledger;
  UnixTime m_now;
  std::set<x509::SerialNumber> m_repeated;
  std::set<x509::SerialNumber> m_written;
};

class JsonWriter final : public RowWriter {
 public:
  [[nodiscard]] std::string row(const store::CurrentRecord& current) override {
    const store::Record& record = current.record;
    Json document;
    document["schema"] = "mtlsctl/store-export-record/1";
    put_record(document, current);
    document["pem"] = record.certificate
                          ? Json(x509::to_pem(x509::Certificate::from_der(*record.certificate)))
                          : Json(nullptr);
    return to_line(document) + "\n";
  }
  [[nodiscard]] std::string row(const store::RevokedSerial& revoked) override {
    const auto time = [](const std::optional<UnixTime>& at) {
      return at ? Json(to_rfc3339(*at)) : Json(nullptr);
    };
    const std::string& reason = revoked.revocation.reason;
    Json document;
    document["schema"] = "mtlsctl/store-export-revocation/1";
    document["serial"] = revoked.serial.to_text();
    document["state"] = name(store::State::revoked);
    document["not_after"] = time(revoked.not_after);
    document["revoked_at"] = time(revoked.revocation.time);
    document["reason"] = reason.empty() ? Json(nullptr) : Json(reason);
    document["invalid_since"] = time(revoked.revocation.invalid_since);
    return to_line(document) + "\n";
  }
};

/// RFC 4180: CRLF, quotes doubled. A field that a spreadsheet would take for a formula gets an
/// apostrophe in front.
class CsvWriter final : public RowWriter {
 public:
  [[nodiscard]] std::string head() const override {
    return "serial,state,origin,subject,subject_alt_names,not_before,not_after,issued_at,"
           "revoked_at,revocation_reason,profile,actor,host,fingerprint,note,"
           "status,replaces,replaced_by\r\n";
  }
  [[nodiscard]] std::string row(const store::CurrentRecord& current) override {
    const store::Record& record = current.record;
    std::string sans;
    for (const std::string& san : record.sans) {
      if (!sans.empty()) sans += ' ';
      sans += readable(printable(san));
    }
    return line({record.serial.to_text(), std::string(name(record.state)),
                 record.origin == store::Origin::issued ? "issued" : "imported",
                 readable(record.subject), sans, to_rfc3339(record.validity.not_before),
                 to_rfc3339(record.validity.not_after), time(record.issued_time),
                 time(record.revoked_time),
                 current.revocation ? readable(printable(current.revocation->reason)) : "",
                 readable(printable(record.profile)), readable(printable(record.actor.actor)),
                 readable(printable(record.actor.host)),
                 record.fingerprint ? to_hex(*record.fingerprint) : std::string(),
                 readable(printable(record.note)), std::string(name(current.status)),
                 record.replaces ? record.replaces->to_text() : std::string(),
                 serials_text(current.replaced_by, " ")});
  }
  [[nodiscard]] std::string row(const store::RevokedSerial& revoked) override {
    return line(
        {revoked.serial.to_text(), std::string(name(store::State::revoked)), "imported", "", "", "",
         time(revoked.not_after), "", time(revoked.revocation.time), revoked.revocation.reason, "",
         "", "", "", "",
         std::string(name(store::status_at(store::State::revoked, revoked.revocation, {}, {}))), "",
         ""});
  }

 private:
  static std::string time(const std::optional<UnixTime>& at) {
    return at ? to_rfc3339(*at) : std::string();
  }

  static std::string line(const std::vector<std::string>& fields) {
    std::string text;
    for (const std::string& field : fields) {
      if (!text.empty()) text += ',';
      text += quoted(field);
    }
    return text + "\r\n";
  }

  static std::string quoted(const std::string& field) {
    constexpr std::string_view k_formula = "=+-@\t\r";
    std::string text;
    if (!field.empty() && k_formula.find(field.front()) != std::string_view::npos) text += '\'';
    text += field;
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) {
      if (c == '"') result += '"';
      result += c;
    }
    return result + "\"";
  }
};

void tell(std::int64_t rows, const Options& options, std::string_view format_name,
          const Session& session) {
  if (options.output.to_stdout()) return;
  const std::string file = printable(options.output.file->native());
  if (session.json()) {
    Json document = session.document();
    document["format"] = format_name;
    document["file"] = file;
    document["rows"] = rows;
    session.print(document);
  } else {
    session.messages().note(format("wrote {} to {}", counted(rows, "row", "rows"), file));
  }
}

std::string_view word(ExportFormat wanted) {
  switch (wanted) {
    case ExportFormat::openssl_index:
      return "openssl-index";
    case ExportFormat::json:
      return "json";
    case ExportFormat::csv:
      return "csv";
  }
  return "";
}

std::int64_t write_rows(const store::Ledger& ledger, store::StatusReader& reader,
                        store::IssuerId issuer, RowWriter& writer, ResultStream& result) {
  std::int64_t rows = 0;
  result.write(writer.head());
  ledger.list({.issuer = issuer}, [&](const store::Record& record) {
    const std::string text = writer.row(reader.read(record));
    if (!text.empty()) {
      ++rows;
      result.write(text);
    }
    return store::Continue::yes;
  });
  ledger.list_revocations(issuer, [&](const store::RevokedSerial& revoked) {
    ++rows;
    result.write(writer.row(revoked));
    return store::Continue::yes;
  });
  return rows;
}

std::unique_ptr<RowWriter> make_writer(ExportFormat wanted, const store::Ledger& ledger,
                                       store::IssuerId issuer, const Session& session) {
  if (wanted == ExportFormat::json) return std::make_unique<JsonWriter>();
  if (wanted == ExportFormat::csv) return std::make_unique<CsvWriter>();
  auto writer = std::make_unique<IndexWriter>(ledger, issuer, session.clock().now());
  if (writer->repeated() > 0) {
    session.messages().warning(
        writer->repeated() == 1
            ? "1 serial is shared by several certificates; the index lists it once"
            : format("{} serials are shared by several certificates; the index lists each once",
                     writer->repeated()),
        "--format json or csv has them all");
  }
  return writer;
}

ExitCode run(const Options& options, Session& session) {
  if (!options.format) {
    throw Error(Errc::missing_value, "--format is missing",
                "say which one: --format openssl-index, json or csv");
  }
  if (session.json() && options.output.to_stdout() && *options.format != ExportFormat::json) {
    refuse_together("--json", format("--format {}", word(*options.format)),
                    "write it to a file with -o FILE, or choose --format json");
  }
  const authority::CaDirectory ca = options.ca.open();
  const store::Ledger ledger = options.ca.read_ledger(ca, session);
  const store::IssuerId issuer = issuer_of(ledger, ca);
  const auto writer = make_writer(*options.format, ledger, issuer, session);
  ResultStream result(options.output, session);
  store::StatusReader reader(ledger, issuer, session.clock().now(), store::StatusReader::Rows::all);
  const std::int64_t rows = write_rows(ledger, reader, issuer, *writer, result);
  result.finish();
  tell(rows, options, word(*options.format), session);
  return ExitCode::ok;
}

}  // namespace

void add_store_export(Command& command) {
  auto options = std::make_shared<Options>();
  command.describe(
      "Writes what the ledger holds of the CA for other programs: as openssl's index.txt (what has "
      "a certificate), as JSON, a document a line, with the certificates, or as CSV. "
      "docs/import.md "
      "has the details.");
  OptionSet set = command.options();
  set.value("--format", options->format,
            word_value<ExportFormat>({{"openssl-index", ExportFormat::openssl_index},
                                      {"json", ExportFormat::json},
                                      {"csv", ExportFormat::csv}}),
            "In which form");
  options->ca.add_to(set);
  options->output.add_to(set);
  command.example("$ mtlsctl store export --format openssl-index -o index.txt");
  command.without_openssl_configuration();
  command.run([options](Session& session) { return run(*options, session); });
}

}  // namespace mtls::cmd
