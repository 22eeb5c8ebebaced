#include "data/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <clocale>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace gulo {

namespace {

using Handle = std::unique_ptr<archive, int (*)(archive*)>;

Handle new_handle() { return {archive_read_new(), archive_read_free}; }

constexpr size_t kBlockBytes = 256 << 10;

// libarchive converts the UTF-8 names of zip and pax to the thread's locale and gives up on them in "C", in which
// programs start. Names in other encodings pass through as they are.
class Utf8Locale {
 public:
  Utf8Locale() : before_(locale() ? uselocale(locale()) : locale_t{}) {}
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (before_) uselocale(before_);
  }

 private:
  // Made once and kept: making it costs more than reading a member. Null where the system has none of that name.
  static locale_t locale() {
    static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return made;
  }

  locale_t before_;
};

// nullopt for a path that leads out of the archive's root.
std::optional<std::string> path_below_root(std::string_view path) {
  if (path.starts_with('/')) return std::nullopt;
  std::string below;
  while (!path.empty()) {
    const size_t length = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, length);
    path.remove_prefix(std::min(length + 1, path.size()));
    if (name == "..") return std::nullopt;
    if (name.empty() || name == ".") continue;
    if (!below.empty()) below += '/';
    below += name;
  }
  return below;
}

const char* path_of(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  if (!path) path = archive_entry_pathname_utf8(entry);
  return path ? path : "";
}

void support_filters(archive* reader) {
  archive_read_support_filter_gzip(reader);
  archive_read_support_filter_bzip2(reader);
  archive_read_support_filter_xz(reader);
  archive_read_support_filter_lzma(reader);
  archive_read_support_filter_lz4(reader);
  archive_read_support_filter_zstd(reader);
}

class LibarchiveReader : public ArchiveReader {
 public:
  explicit LibarchiveReader(const std::string& path) : archive_path_(path) {
    std::error_code error;
    archive_bytes_ = std::filesystem::file_size(path, error);
    support_filters(archive_.get());
    archive_read_support_format_tar(archive_.get());
    // By its directory at the end only: a zip file that was cut short must not pass for one with fewer members.
    archive_read_support_format_zip_seekable(archive_.get());
    if (archive_read_open_filename(archive_.get(), path.c_str(), kBlockBytes) == ARCHIVE_OK) return;
    throw Error(ErrorKind::kData, fmt::format("is no archive, or one that was cut short: {}", reason("unknown format")),
                "fetch it again, or give a whole .tar, .tar.zst, .tar.gz or .zip file or a folder", path);
  }

  bool next(SkipTally& skipped) override {
    const Utf8Locale locale;
    for (;;) {
      const int result = archive_read_next_header(archive_.get(), &entry_);
      if (result == ARCHIVE_EOF) return false;
      if (result == ARCHIVE_RETRY) continue;
      if (result < ARCHIVE_WARN) fail_broken();
      const std::string original = path_of(entry_);
      const auto below = path_below_root(original);
      const auto type = archive_entry_filetype(entry_);
      if (archive_entry_hardlink(entry_) || type == AE_IFLNK) {
        skipped.add("links inside the archive", original);
      } else if (type != AE_IFREG && type != AE_IFDIR) {
        skipped.add("devices, pipes and sockets inside the archive", original);
      } else if (!below) {
        skipped.add("members with a path that leads out of the archive", original);
      } else if (!below->empty()) {
        member_path_ = *below;
        folder_ = type == AE_IFDIR;
        return true;
      }
    }
  }

  const std::string& path() const override { return member_path_; }
  bool folder() const override { return folder_; }

  std::optional<uint64_t> stated_bytes() const override {
    if (!archive_entry_size_is_set(entry_)) return std::nullopt;
    return static_cast<uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry_)));
  }

  std::optional<size_t> read(std::span<uint8_t> destination) override {
    const la_ssize_t n = archive_read_data(archive_.get(), destination.data(), destination.size());
    if (n == ARCHIVE_FATAL) fail_broken();
    if (n < 0) return std::nullopt;
    return static_cast<size_t>(n);
  }

  double fraction_done() const override {
    const double done = static_cast<double>(archive_filter_bytes(archive_.get(), -1));
    return archive_bytes_ > 0 ? std::min(1.0, done / static_cast<double>(archive_bytes_)) : 1.0;
  }

 private:
  const char* reason(const char* otherwise) const {
    const char* given = archive_error_string(archive_.get());
    return given ? given : otherwise;
  }

  [[noreturn]] void fail_broken() const {
    throw Error(ErrorKind::kData, fmt::format("the archive is broken or cut short: {}", reason("no reason given")),
                "fetch it or make it again; nothing of it was used", archive_path_);
  }

  std::string archive_path_, member_path_;
  uint64_t archive_bytes_ = 0;
  Handle archive_ = new_handle();
  archive_entry* entry_ = nullptr;
  bool folder_ = false;
};

}  // namespace

std::unique_ptr<ArchiveReader> open_archive(const std::string& path) {
  return std::make_unique<LibarchiveReader>(path);
}

std::vector<uint8_t> unpack_file(const std::string& path, uint64_t max_bytes) {
  const Handle reader = new_handle();
  support_filters(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  const bool opened = archive_read_open_filename(reader.get(), path.c_str(), kBlockBytes) == ARCHIVE_OK &&
                      archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK;
  std::vector<uint8_t> bytes;
  la_ssize_t n_read = opened ? 1 : -1;
  while (n_read > 0) {
    const size_t before = bytes.size();
    bytes.resize(before + kBlockBytes);
    n_read = archive_read_data(reader.get(), bytes.data() + before, kBlockBytes);
    bytes.resize(before + static_cast<size_t>(std::max<la_ssize_t>(0, n_read)));
    require(bytes.size() <= max_bytes, ErrorKind::kData, "unpacks to more than may be taken for it", "", path);
  }
  require(n_read == 0, ErrorKind::kData, "cannot be unpacked: it is broken or cut short", "fetch it again", path);
  return bytes;
}

}  // namespace gulo
