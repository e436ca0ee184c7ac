// The programs that make environments and install into them: uv where it is there, else venv and pip. The user's
// settings of both (PIP_…, UV_…, their files) count and are never overridden.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace portwright::workspace {

class Installer {
 public:
  // uv on PATH, else pip. An error where no Python is there to make an environment from ($PORTWRIGHT_PYTHON, else
  // python3), or it is older than the two libraries take.
  [[nodiscard]] static Result<Installer> find();

  [[nodiscard]] std::string name() const { return uv_.empty() ? "pip" : "uv"; }

  // Makes the environment, or mends one that is half made.
  [[nodiscard]] Status make(const std::filesystem::path& environment) const;

  // `requirements`: also "--editable", FOLDER as two words. `constraints`: a file.
  [[nodiscard]] Status install(const std::filesystem::path& environment, const std::filesystem::path& constraints,
                               const std::vector<std::string>& requirements) const;

  // torch alone, so that its build can be told before gigabytes are on their way: an error where only one with CUDA
  // can be had, which nothing here uses on a machine without a GPU.
  [[nodiscard]] Status install_torch(const std::filesystem::path& environment, const std::filesystem::path& constraints,
                                     const std::string& requirement) const;

 private:
  Installer() = default;
  [[nodiscard]] std::vector<std::string> install_words(const std::filesystem::path& environment,
                                                       const std::filesystem::path& constraints) const;
  [[nodiscard]] Result<bool> would_bring_cuda(const std::filesystem::path& environment,
                                              std::vector<std::string> command) const;

  std::string uv_;      // the program; empty: pip
  std::string python_;  // what environments are made from
};

[[nodiscard]] bool has_nvidia_gpu();

}  // namespace portwright::workspace
