// What no reader may do, whatever the file: crash, read outside of it, take more memory than the limits, throw anything
// but Error. Run under the sanitizers in CI.
#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "data/reader/reader.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

constexpr ReadLimits kLimits{.max_bytes = 1 << 20};

const Reader* reader_named(const std::string& name) {
  for (const Reader& reader : readers())
    if (reader.name == name) return &reader;
  return nullptr;
}

// Nothing where the reader refuses the file, which it must do with an Error about data.
std::optional<RawItem> try_read(const Reader& reader, std::span<const uint8_t> file) {
  // A copy of the exact size: a sanitizer sees the first byte behind it.
  const std::vector<uint8_t> exact(file.begin(), file.end());
  try {
    RawItem item = reader.read(exact, kLimits);
    EXPECT_EQ(item.bytes.size(), item.shape.n_bytes());
    EXPECT_LE(item.bytes.size(), kLimits.max_bytes);
    EXPECT_GT(item.bytes.size(), 0u);
    return item;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData) << error.what();
    return std::nullopt;
  }
}

class EveryTinyFile : public testing::TestWithParam<TinyFile> {
 protected:
  const TinyFile& file() const { return GetParam(); }
  const Reader& reader() const { return *reader_named(file().reader); }
};

TEST_P(EveryTinyFile, IsRecognisedAndRead) {
  ASSERT_NE(reader_named(file().reader), nullptr);
  ASSERT_EQ(find_reader(file().bytes), &reader());
  EXPECT_TRUE(try_read(reader(), file().bytes));
}

// A part of a picture is not taken for the whole.
TEST_P(EveryTinyFile, EveryPrefixIsAnErrorOrTheSameItem) {
  const std::optional<RawItem> whole = try_read(reader(), file().bytes);
  for (size_t n_bytes = 0; n_bytes < file().bytes.size(); ++n_bytes) {
    const std::optional<RawItem> part = try_read(reader(), std::span(file().bytes).first(n_bytes));
    if (part && reader().kind == Kind::kPixels) {
      EXPECT_EQ(part->bytes, whole->bytes) << n_bytes << " bytes";
    }
  }
}

TEST_P(EveryTinyFile, EveryChangedByteIsAnErrorOrAnItem) {
  std::vector<uint8_t> bytes = file().bytes;
  for (uint8_t& byte : bytes) {
    const uint8_t before = byte;
    for (const uint8_t flipped : {0x01, 0x80, 0xFF}) {
      byte = before ^ flipped;
      try_read(reader(), bytes);
    }
    byte = before;
  }
}

TEST_P(EveryTinyFile, NoOtherReaderReadsIt) {
  for (const Reader& other : readers())
    EXPECT_EQ(try_read(other, file().bytes).has_value(), other.name == file().reader) << other.name;
}

std::string test_name(const testing::TestParamInfo<TinyFile>& info) {
  std::string name = info.param.reader + "_" + info.param.name;
  for (char& letter : name)
    if (!std::isalnum(static_cast<unsigned char>(letter))) letter = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Readers, EveryTinyFile, testing::ValuesIn(tiny_files()), test_name);

TEST(Readers, EachOfPicturesHasATinyFileOrLacksItsLibrary) {
  for (const Reader& reader : readers()) {
    if (reader.kind != Kind::kPixels) continue;
    bool has_file = false;
    for (const TinyFile& file : tiny_files()) has_file |= file.reader == reader.name;
    try {
      reader.read({}, kLimits);
      ADD_FAILURE() << reader.name << " makes an item of nothing";
    } catch (const Error& error) {
      const bool lacks_library = error.message().find("this build of gulo has no") != std::string::npos;
      EXPECT_NE(has_file, lacks_library) << reader.name << ": " << error.what();
    }
  }
}

TEST(Readers, NothingIsRecognisedInTextAndInNothing) {
  const std::string text = "GNU's text, P3 and BM and RIFF in it\n";
  EXPECT_EQ(find_reader(std::vector<uint8_t>(text.begin(), text.end())), nullptr);
  EXPECT_EQ(find_reader({}), nullptr);
}

}  // namespace
}  // namespace gulo
