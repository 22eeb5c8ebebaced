// make_corpus FOLDER: writes the files that the fuzzer begins with, each behind the byte that picks its reader: the
// small valid files of the tests, and broken ones made of them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/reader/reader.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

class Corpus {
 public:
  explicit Corpus(std::string folder) : folder_(std::move(folder)) { std::filesystem::create_directories(folder_); }

  void add(size_t reader, const std::vector<uint8_t>& file) {
    AtomicFile out(folder_ + "/" + std::to_string(n_files_++));
    const auto pick = static_cast<uint8_t>(reader);
    out.write(&pick, 1);
    out.write(file.data(), file.size());
    out.commit();
  }

  size_t n_files() const { return n_files_; }

 private:
  std::string folder_;
  size_t n_files_ = 0;
};

size_t number_of(const std::string& reader_name) {
  const auto all = readers();
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].name == reader_name) return i;
  return 0;
}

// Cut in the middle; a byte of the head turned over; four bytes of the head as large as can be, as a size that lies.
void add_broken(Corpus& corpus, size_t reader, const std::vector<uint8_t>& file) {
  corpus.add(reader, {file.begin(), file.begin() + static_cast<ptrdiff_t>(file.size() / 2)});
  for (size_t at = 4; at + 4 <= std::min<size_t>(file.size(), 64); at += 12) {
    std::vector<uint8_t> broken = file;
    broken[at] ^= 0x80;
    corpus.add(reader, broken);
    std::fill_n(broken.begin() + static_cast<ptrdiff_t>(at), 4, 0xFF);
    corpus.add(reader, broken);
  }
}

}  // namespace
}  // namespace gulo

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("make_corpus FOLDER\n", stderr), 2;
  gulo::Corpus corpus(argv[1]);
  for (const gulo::TinyFile& file : gulo::tiny_files()) {
    const size_t reader = gulo::number_of(file.reader);
    corpus.add(reader, file.bytes);
    gulo::add_broken(corpus, reader, file.bytes);
  }
  for (size_t reader = 0; reader < gulo::readers().size(); ++reader) corpus.add(reader, {});
  std::printf("%zu files in %s\n", corpus.n_files(), argv[1]);
  return 0;
}
