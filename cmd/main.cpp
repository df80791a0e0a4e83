// The program: a process made safe, one Application, and the only place that catches everything.
#include "base/clock.hpp"
#include "base/error.hpp"
#include "cmd/application.hpp"
#include "cmd/process.hpp"

#include <new>
#include <string>
#include <vector>

namespace {

using mtls::Errc;
using mtls::Error;
using mtls::cmd::Application;
using mtls::cmd::ExitCode;

ExitCode run_reporting(Application& application) {
  try {
    return application.run();
  } catch (const Error& error) {
    return application.report(error);
  } catch (const std::bad_alloc&) {
    return application.report(Error(Errc::io, "out of memory"));
  } catch (const std::exception& error) {
    return application.report(
        Error(Errc::internal, error.what(), "this is a bug: please report it"));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    mtls::cmd::prepare_process();
    const mtls::SystemClock clock;
    mtls::cmd::Output out(1, "standard output");
    mtls::cmd::Output err(2, "standard error");
    // argv is empty where execve was called without even a program's name.
    std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    Application application(std::move(arguments), out, err, clock);
    return static_cast<int>(run_reporting(application));
  } catch (...) {
    return static_cast<int>(ExitCode::internal);
  }
}
