#include "x509/idna.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using mtls::x509::punycode;
using mtls::x509::to_a_labels;

TEST_CASE("Punycode gives the samples of RFC 3492 section 7.1") {
  // clang-format off
  const std::vector<std::pair<std::u32string, std::string>> samples = {
      {U"\u0644\u064A\u0647\u0645\u0627\u0628\u062A\u0643\u0644\u0645\u0648\u0634\u0639\u0631\u0628\u064A\u061F", "egbpdaj6bu4bxfgehfvwxn"},  // Arabic (Egyptian)
      {U"\u4ED6\u4EEC\u4E3A\u4EC0\u4E48\u4E0D\u8BF4\u4E2D\u6587", "ihqwcrb4cv8a8dqg056pqjye"},  // Chinese (simplified)
      {U"\u4ED6\u5011\u7232\u4EC0\u9EBD\u4E0D\u8AAA\u4E2D\u6587", "ihqwctvzc91f659drss3x8bo0yb"},  // Chinese (traditional)
      {U"Pro\u010Dprost\u011Bnemluv\u00ED\u010Desky", "Proprostnemluvesky-uyb24dma41a"},  // Czech
      {U"\u05DC\u05DE\u05D4\u05D4\u05DD\u05E4\u05E9\u05D5\u05D8\u05DC\u05D0\u05DE\u05D3\u05D1\u05E8\u05D9\u05DD\u05E2\u05D1\u05E8\u05D9\u05EA", "4dbcagdahymbxekheh6e0a7fei0b"},  // Hebrew
      {U"\u092F\u0939\u0932\u094B\u0917\u0939\u093F\u0928\u094D\u0926\u0940\u0915\u094D\u092F\u094B\u0902\u0928\u0939\u0940\u0902\u092C\u094B\u0932\u0938\u0915\u0924\u0947\u0939\u0948\u0902", "i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd"},  // Hindi
      {U"\u306A\u305C\u307F\u3093\u306A\u65E5\u672C\u8A9E\u3092\u8A71\u3057\u3066\u304F\u308C\u306A\u3044\u306E\u304B", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"},  // Japanese
      {U"\uC138\uACC4\uC758\uBAA8\uB4E0\uC0AC\uB78C\uB4E4\uC774\uD55C\uAD6D\uC5B4\uB97C\uC774\uD574\uD55C\uB2E4\uBA74\uC5BC\uB9C8\uB098\uC88B\uC744\uAE4C", "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c"},  // Korean
      {U"\u043F\u043E\u0447\u0435\u043C\u0443\u0436\u0435\u043E\u043D\u0438\u043D\u0435\u0433\u043E\u0432\u043E\u0440\u044F\u0442\u043F\u043E\u0440\u0443\u0441\u0441\u043A\u0438", "b1abfaaepdrnnbgefbadotcwatmq2g4l"},  // Russian, without the annotation of case
      {U"Porqu\u00E9nopuedensimplementehablarenEspa\u00F1ol", "PorqunopuedensimplementehablarenEspaol-fmd56a"},  // Spanish
      {U"T\u1EA1isaoh\u1ECDkh\u00F4ngth\u1EC3ch\u1EC9n\u00F3iti\u1EBFngVi\u1EC7t", "TisaohkhngthchnitingVit-kjcr8268qyxafd2f1b9g"},  // Vietnamese
      {U"3\u5E74B\u7D44\u91D1\u516B\u5148\u751F", "3B-ww4c5e180e575a65lsy2b"},  // (L)
      {U"\u5B89\u5BA4\u5948\u7F8E\u6075-with-SUPER-MONKEYS", "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n"},  // (M)
      {U"Hello-Another-Way-\u305D\u308C\u305E\u308C\u306E\u5834\u6240", "Hello-Another-Way--fc4qua05auwb3674vfr0b"},  // (N)
      {U"\u3072\u3068\u3064\u5C4B\u6839\u306E\u4E0B2", "2-u9tlzr9756bt3uc0v"},  // (O)
      {U"Maji\u3067Koi\u3059\u308B5\u79D2\u524D", "MajiKoi5-783gue6qz075azm5e"},  // (P)
      {U"\u30D1\u30D5\u30A3\u30FCde\u30EB\u30F3\u30D0", "de-jg4avhby1noc0d"},  // (Q)
      {U"\u305D\u306E\u30B9\u30D4\u30FC\u30C9\u3067", "d9juau41awczczp"},  // (R)
      {U"-> $1.00 <-", "-> $1.00 <--"},  // (S)
  };
  // clang-format on
  for (const auto& sample : samples) {
    CAPTURE(sample.second);
    CHECK(punycode(sample.first) == sample.second);
  }
}

TEST_CASE("Punycode says no instead of overflowing") {
  CHECK_FALSE(punycode(std::u32string(5000, U'a') + U'\U0010FFFF'));
  CHECK(punycode(std::u32string(10, U'a') + U'\U0010FFFF'));
  CHECK(punycode(U"") == "");
}

TEST_CASE("labels beyond ASCII become A-labels and the others stay") {
  CHECK(to_a_labels("b\u00fccher.example") == "xn--bcher-kva.example");
  CHECK(to_a_labels("www.M\u00dcNCHEN.Example") == "www.xn--mnchen-3ya.Example");
  CHECK(to_a_labels("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444") ==
        "xn--e1afmkfd.xn--p1ai");
  CHECK(to_a_labels("\u041f\u0420\u0418\u041c\u0415\u0420.\u0420\u0424") ==
        "xn--e1afmkfd.xn--p1ai");
  CHECK(to_a_labels("\u4f8b\u3048\u3002\u30c6\u30b9\u30c8") == "xn--r8jz45g.xn--zckzah");
  CHECK(to_a_labels("A.example") == "A.example");
  CHECK(to_a_labels("") == "");
  CHECK(to_a_labels("*.b\u00fccher.example") == "*.xn--bcher-kva.example");
}

TEST_CASE("what is not UTF-8 or too long for a label has no A-labels") {
  CHECK_FALSE(to_a_labels("b\xfc.example"));
  CHECK_FALSE(to_a_labels("\xed\xa0\x80.example"));
  CHECK_FALSE(to_a_labels(std::string(64, 'a') + ".example"));
  CHECK(to_a_labels(std::string(63, 'a') + ".example"));
  CHECK_FALSE(to_a_labels(std::string(57, 'a') + "\u00fc.example"));
  std::string long_label;
  for (int i = 0; i < 100000; ++i) long_label += "\u00fc";
  CHECK_FALSE(to_a_labels(long_label));
}
