#include "lib/x509/libcrypto_certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace mtls::x509::test {
namespace {

template <auto Function>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};
template <class T, auto Function>
using Owned = std::unique_ptr<T, Freed<Function>>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Names = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

void require(bool succeeded, const char* call) {
  if (!succeeded) throw std::runtime_error(std::string("libcrypto: ") + call);
}

template <class T>
T* require(T* pointer, const char* call) {
  require(pointer != nullptr, call);
  return pointer;
}

int size_of(const auto& octets) { return static_cast<int>(octets.size()); }
const unsigned char* data_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Calls one of libcrypto's i2d functions.
template <class T>
Octets encoded(int (*encode)(T*, unsigned char**), T* object) {
  unsigned char* octets = nullptr;
  const int size = encode(object, &octets);
  require(size > 0, "i2d");
  Octets copy(octets, octets + size);
  OPENSSL_free(octets);
  return copy;
}

ASN1_OBJECT* object(const std::string& dotted) {
  return require(OBJ_txt2obj(dotted.c_str(), 1), "OBJ_txt2obj");
}

ASN1_OCTET_STRING* octet_string(const Octets& octets) {
  auto* const string = require(ASN1_OCTET_STRING_new(), "ASN1_OCTET_STRING_new");
  require(ASN1_OCTET_STRING_set(string, octets.data(), size_of(octets)) == 1, "set");
  return string;
}

ASN1_IA5STRING* ia5_string(const std::string& text) {
  auto* const string = require(ASN1_IA5STRING_new(), "ASN1_IA5STRING_new");
  require(ASN1_STRING_set(string, text.data(), size_of(text)) == 1, "ASN1_STRING_set");
  return string;
}

X509_NAME* name(const NamePlan& plan) {
  X509_NAME* const made = require(X509_NAME_new(), "X509_NAME_new");
  for (const RdnPlan& rdn : plan) {
    bool first = true;
    for (const AttributePlan& attribute : rdn) {
      const Owned<ASN1_OBJECT, ASN1_OBJECT_free> type(object(attribute.type));
      require(X509_NAME_add_entry_by_OBJ(made, type.get(), attribute.tag, data_of(attribute.value),
                                         size_of(attribute.value), -1, first ? 0 : -1) == 1,
              "X509_NAME_add_entry_by_OBJ");
      first = false;
    }
  }
  return made;
}

GENERAL_NAME* general_name(const GeneralNamePlan& plan) {
  using Kind = GeneralNamePlan::Kind;
  GENERAL_NAME* const made = require(GENERAL_NAME_new(), "GENERAL_NAME_new");
  switch (plan.kind) {
    case Kind::email:
      GENERAL_NAME_set0_value(made, GEN_EMAIL, ia5_string(plan.text));
      break;
    case Kind::dns:
      GENERAL_NAME_set0_value(made, GEN_DNS, ia5_string(plan.text));
      break;
    case Kind::uri:
      GENERAL_NAME_set0_value(made, GEN_URI, ia5_string(plan.text));
      break;
    case Kind::ip:
      GENERAL_NAME_set0_value(made, GEN_IPADD, octet_string(plan.address));
      break;
    case Kind::directory:
      GENERAL_NAME_set0_value(made, GEN_DIRNAME, name(plan.directory));
      break;
    case Kind::registered_id:
      GENERAL_NAME_set0_value(made, GEN_RID, object(plan.text));
      break;
    case Kind::other: {
      auto* const value = require(ASN1_UTF8STRING_new(), "ASN1_UTF8STRING_new");
      require(ASN1_STRING_set(value, plan.text.data(), size_of(plan.text)) == 1, "set");
      ASN1_TYPE* const any = require(ASN1_TYPE_new(), "ASN1_TYPE_new");
      ASN1_TYPE_set(any, V_ASN1_UTF8STRING, value);
      require(GENERAL_NAME_set0_othername(made, object(plan.type), any) == 1, "othername");
      break;
    }
  }
  return made;
}

GENERAL_NAME* uri(const std::string& text) {
  return general_name({.kind = GeneralNamePlan::Kind::uri,
                       .text = text,
                       .address = {},
                       .directory = {},
                       .type = {}});
}

Names general_names(const std::vector<GeneralNamePlan>& plans) {
  Names names(require(GENERAL_NAMES_new(), "GENERAL_NAMES_new"));
  for (const GeneralNamePlan& plan : plans) sk_GENERAL_NAME_push(names.get(), general_name(plan));
  return names;
}

/// Lets libcrypto encode `value` and append it.
void add(X509* certificate, int nid, void* value, bool critical) {
  require(X509_add1_ext_i2d(certificate, nid, value, critical ? 1 : 0, X509V3_ADD_APPEND) == 1,
          "X509_add1_ext_i2d");
}

void add_basic_constraints(X509* certificate, const CertificatePlan& plan) {
  if (!plan.basic_constraints) return;
  const Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> value(BASIC_CONSTRAINTS_new());
  value->ca = plan.basic_constraints->ca ? 0xff : 0;  // its encoder writes the octet as it is
  if (plan.basic_constraints->path_length) {
    value->pathlen = require(ASN1_INTEGER_new(), "ASN1_INTEGER_new");
    ASN1_INTEGER_set(value->pathlen, static_cast<long>(*plan.basic_constraints->path_length));
  }
  add(certificate, NID_basic_constraints, value.get(), plan.critical);
}

void add_key_usage(X509* certificate, const CertificatePlan& plan) {
  if (plan.key_usage.empty()) return;
  const Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free> value(ASN1_BIT_STRING_new());
  for (const unsigned bit : plan.key_usage) {
    ASN1_BIT_STRING_set_bit(value.get(), static_cast<int>(bit), 1);
  }
  add(certificate, NID_key_usage, value.get(), plan.critical);
}

void add_extended_key_usage(X509* certificate, const CertificatePlan& plan) {
  if (plan.extended_key_usage.empty()) return;
  const Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> value(EXTENDED_KEY_USAGE_new());
  for (const std::string& purpose : plan.extended_key_usage) {
    sk_ASN1_OBJECT_push(value.get(), object(purpose));
  }
  add(certificate, NID_ext_key_usage, value.get(), plan.critical);
}

void add_key_identifiers(X509* certificate, const CertificatePlan& plan) {
  if (plan.subject_key_identifier) {
    // RFC 7093 section 2 method 1, by libcrypto's digest of libcrypto's key bits.
    const ASN1_BIT_STRING* const bits = X509_get0_pubkey_bitstr(certificate);
    std::array<unsigned char, 32> digest{};
    require(
        EVP_Digest(ASN1_STRING_get0_data(bits), static_cast<std::size_t>(ASN1_STRING_length(bits)),
                   digest.data(), nullptr, EVP_sha256(), nullptr) == 1,
        "EVP_Digest");
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(
        octet_string(Octets(digest.begin(), digest.begin() + 20)));
    add(certificate, NID_subject_key_identifier, value.get(), false);
  }
  if (!plan.authority_key_identifier.empty()) {
    const Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free> value(AUTHORITY_KEYID_new());
    value->keyid = octet_string(plan.authority_key_identifier);
    add(certificate, NID_authority_key_identifier, value.get(), false);
  }
}

STACK_OF(GENERAL_SUBTREE) * subtrees(const std::vector<GeneralNamePlan>& bases) {
  if (bases.empty()) return nullptr;
  STACK_OF(GENERAL_SUBTREE)* const trees = sk_GENERAL_SUBTREE_new_null();
  for (const GeneralNamePlan& base : bases) {
    GENERAL_SUBTREE* const tree = require(GENERAL_SUBTREE_new(), "GENERAL_SUBTREE_new");
    GENERAL_NAME_free(tree->base);
    tree->base = general_name(base);
    sk_GENERAL_SUBTREE_push(trees, tree);
  }
  return trees;
}

void add_names(X509* certificate, const CertificatePlan& plan) {
  if (!plan.subject_alt_names.empty()) {
    const Names value = general_names(plan.subject_alt_names);
    add(certificate, NID_subject_alt_name, value.get(), plan.critical);
  }
  if (!plan.permitted.empty() || !plan.excluded.empty()) {
    const Owned<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free> value(NAME_CONSTRAINTS_new());
    value->permittedSubtrees = subtrees(plan.permitted);
    value->excludedSubtrees = subtrees(plan.excluded);
    add(certificate, NID_name_constraints, value.get(), true);
  }
}

void add_policies(X509* certificate, const CertificatePlan& plan) {
  if (plan.policies.empty()) return;
  const Owned<CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free> value(CERTIFICATEPOLICIES_new());
  for (const std::string& policy : plan.policies) {
    POLICYINFO* const information = require(POLICYINFO_new(), "POLICYINFO_new");
    ASN1_OBJECT_free(information->policyid);
    information->policyid = object(policy);
    sk_POLICYINFO_push(value.get(), information);
  }
  add(certificate, NID_certificate_policies, value.get(), plan.critical);
}

void add_crl_distribution_points(X509* certificate, const CertificatePlan& plan) {
  if (plan.crl_uris.empty()) return;
  const Owned<CRL_DIST_POINTS, CRL_DIST_POINTS_free> value(CRL_DIST_POINTS_new());
  DIST_POINT* const point = require(DIST_POINT_new(), "DIST_POINT_new");
  sk_DIST_POINT_push(value.get(), point);
  point->distpoint = require(DIST_POINT_NAME_new(), "DIST_POINT_NAME_new");
  point->distpoint->type = 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): libcrypto's own
  GENERAL_NAMES*& names = point->distpoint->name.fullname;
  names = require(GENERAL_NAMES_new(), "GENERAL_NAMES_new");
  for (const std::string& text : plan.crl_uris) sk_GENERAL_NAME_push(names, uri(text));
  add(certificate, NID_crl_distribution_points, value.get(), false);
}

void add_authority_info_access(X509* certificate, const CertificatePlan& plan) {
  if (plan.ocsp_uris.empty() && plan.ca_issuers_uris.empty()) return;
  const Owned<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free> value(AUTHORITY_INFO_ACCESS_new());
  const auto push = [&value](int method, const std::vector<std::string>& uris) {
    for (const std::string& text : uris) {
      ACCESS_DESCRIPTION* const access = require(ACCESS_DESCRIPTION_new(), "ACCESS_DESCRIPTION");
      access->method = OBJ_nid2obj(method);
      GENERAL_NAME_free(access->location);
      access->location = uri(text);
      sk_ACCESS_DESCRIPTION_push(value.get(), access);
    }
  };
  push(NID_ad_OCSP, plan.ocsp_uris);
  push(NID_ad_ca_issuers, plan.ca_issuers_uris);
  add(certificate, NID_info_access, value.get(), false);
}

void add_further(X509* certificate, const CertificatePlan& plan) {
  for (const FurtherPlan& further : plan.further) {
    const Owned<ASN1_OBJECT, ASN1_OBJECT_free> type(object(further.type));
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(octet_string(further.value));
    const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509_EXTENSION_create_by_OBJ(nullptr, type.get(), further.critical ? 1 : 0, value.get()));
    require(X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
  }
}

/// An RSA public key of that size with an odd modulus that nobody knows the factors of: enough to
/// be encoded, and no prime has to be found.
Key rsa_public_key(int bits) {
  const Owned<BIGNUM, BN_free> modulus(BN_new());
  const Owned<BIGNUM, BN_free> exponent(BN_new());
  require(BN_rand(modulus.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) == 1, "BN_rand");
  BN_set_word(exponent.get(), RSA_F4);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_fromdata_init(context.get()) == 1, "EVP_PKEY_fromdata_init");
  require(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1,
          "EVP_PKEY_fromdata");
  return Key(key);
}

Key ec_key(const char* curve) {
  return Key(require(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve), "EVP_PKEY_Q_keygen"));
}

EVP_PKEY* signing_key(SignerKind kind) {
  static const std::array<Key, 5> keys = {
      Key(require(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}), "keygen")),
      ec_key("P-256"), ec_key("P-384"), ec_key("P-521"),
      Key(require(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "keygen"))};
  return keys.at(static_cast<std::size_t>(kind)).get();
}

EVP_PKEY* subject_key(unsigned index) {
  static const std::array<Key, k_subject_keys> keys = {
      rsa_public_key(2048), rsa_public_key(3072),
      rsa_public_key(4096), rsa_public_key(8192),
      ec_key("P-256"),      ec_key("P-384"),
      ec_key("P-521"),      Key(require(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "keygen"))};
  return keys.at(index).get();
}

const EVP_MD* digest(const CertificatePlan& plan) {
  if (plan.signer == SignerKind::ed25519) return nullptr;
  if (plan.digest == DigestBits::b256) return EVP_sha256();
  return plan.digest == DigestBits::b384 ? EVP_sha384() : EVP_sha512();
}

void set_fields(X509* certificate, const CertificatePlan& plan) {
  require(X509_set_version(certificate, X509_VERSION_3) == 1, "X509_set_version");
  const Owned<BIGNUM, BN_free> serial(BN_bin2bn(plan.serial.data(), size_of(plan.serial), nullptr));
  require(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr,
          "serial");
  const Owned<X509_NAME, X509_NAME_free> issuer(name(plan.issuer));
  const Owned<X509_NAME, X509_NAME_free> subject(name(plan.subject));
  require(X509_set_issuer_name(certificate, issuer.get()) == 1, "X509_set_issuer_name");
  require(X509_set_subject_name(certificate, subject.get()) == 1, "X509_set_subject_name");
  require(ASN1_TIME_set(X509_getm_notBefore(certificate), plan.not_before) != nullptr, "time");
  require(ASN1_TIME_set(X509_getm_notAfter(certificate), plan.not_after) != nullptr, "time");
  require(X509_set_pubkey(certificate, subject_key(plan.subject_key)) == 1, "X509_set_pubkey");
}

}  // namespace

LibcryptoCertificate make_with_libcrypto(const CertificatePlan& plan) {
  const Owned<X509, X509_free> certificate(X509_new());
  set_fields(certificate.get(), plan);
  add_basic_constraints(certificate.get(), plan);
  add_key_usage(certificate.get(), plan);
  add_extended_key_usage(certificate.get(), plan);
  add_key_identifiers(certificate.get(), plan);
  add_names(certificate.get(), plan);
  add_policies(certificate.get(), plan);
  add_crl_distribution_points(certificate.get(), plan);
  add_authority_info_access(certificate.get(), plan);
  add_further(certificate.get(), plan);
  require(X509_sign(certificate.get(), signing_key(plan.signer), digest(plan)) > 0, "X509_sign");
  return {.tbs = encoded<X509>(i2d_re_X509_tbs, certificate.get()),
          .der = encoded<const X509>(i2d_X509, certificate.get())};
}

const Octets& subject_spki(unsigned index) {
  static std::array<Octets, k_subject_keys> cache;
  Octets& spki = cache.at(index);
  if (spki.empty()) spki = encoded<const EVP_PKEY>(i2d_PUBKEY, subject_key(index));
  return spki;
}

}  // namespace mtls::x509::test
