// Files: mapped for reading, and replaced whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gulo {

// A regular file's bytes, mapped read-only. Move-only. Throws Error (kData) with the system's reason.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  std::span<const uint8_t> bytes() const { return {data_, size_bytes_}; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_bytes_ = 0;
};

// Writes a file under a temporary name in the same folder; commit() flushes it to disk and renames it over `path`.
// Without commit the temporary file is removed and what stood at `path` stays. Throws Error (kDevice: disk full, no
// permission).
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();
  void write(const void* data, size_t n_bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  std::string path_, temporary_path_;
  int descriptor_ = -1;
};

// Where temporary files go: $TMPDIR, else the folder that the file `beside` lies in.
std::string temporary_folder(const std::string& beside);

// The folder that holds the running program.
std::string program_folder();

}  // namespace gulo
