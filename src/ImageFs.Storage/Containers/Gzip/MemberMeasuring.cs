using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage.Containers.Packed;

namespace ImageFs.Storage.Containers.Gzip;

/// <summary>Decodes a gzip file once from its beginning to its end: for its length, which it tells only modulo 4 GiB, and for places to begin at.</summary>
/// <param name="source">The file.</param>
/// <param name="parts">Takes the parts.</param>
/// <param name="measuring">Keeps what is decoded.</param>
/// <param name="packing">Takes the places.</param>
internal sealed class MemberMeasuring(BlockSource source, PackedParts parts, PackedFormat.Measuring measuring, MembersPacking packing)
{
    private const string Structure = "gzip member";
    private const int Window = InflateStream.WindowLength;
    private const int OutputLength = 256 << 10;
    private const int InputLength = 128 << 10;

    // 32 KiB each: where there would be more of them, they are farther apart.
    private const int MaxPlaces = 512;

    private readonly byte[] _input = new byte[InputLength];
    private readonly byte[] _output = new byte[Window + OutputLength];
    private long _inputAt;
    private int _inputLength;
    private int _next;
    private long _spacing = 4 << 20;

    private long Address => _inputAt + _next;

    /// <summary>Decodes all members.</summary>
    /// <param name="rest">Is told where something else follows them.</param>
    /// <exception cref="ImageException">One is damaged, or cut short.</exception>
    public void Run(Action<long> rest)
    {
        long address = 0;
        while (address < source.Length)
        {
            if (MemberHeader.Read(source, address) is not { } header)
            {
                rest(address);
                return;
            }

            address = Decode(address, address + header.Length);
            packing.Members++;
        }
    }

    // Where the next one begins.
    private long Decode(long member, long start)
    {
        using var decoder = new InflateStream(stopsAtBlocks: true);
        (_inputAt, _inputLength, _next) = (start, 0, 0);
        long partAt = start;
        long partStart = 0;
        long done = 0;
        int at = Window;
        int kept = Window;
        uint crc = 0;
        while (true)
        {
            if (_next == _inputLength)
            {
                Fill();
            }

            DecodingState state = decoder.Decode(_input.AsSpan(_next, _inputLength - _next), _output.AsSpan(at), out int read, out int written);
            _next += read;
            at += written;
            done += written;
            bool isEnd = state == DecodingState.Ended;
            bool isPlace = !isEnd && done - partStart >= _spacing && decoder.IsAtBlock;
            if (state is DecodingState.Damaged or DecodingState.Refused)
            {
                throw new InvalidImageException(Structure, member, $"it cannot be decoded after {done} bytes, at 0x{Address:X} of the file", "RFC 1951");
            }

            if (isEnd || isPlace || at == _output.Length)
            {
                Span<byte> bytes = _output.AsSpan(kept, at - kept);
                crc = InflateStream.Crc32(crc, bytes);
                measuring.Keep(parts.Length + done - partStart - bytes.Length, bytes, Address);
                kept = at;
            }

            if (isEnd || isPlace)
            {
                parts.Add(done - partStart, partAt, Address - partAt);
                (partAt, partStart) = (Address, done);
            }

            if (isPlace)
            {
                int history = (int)Math.Min(Window, done);
                packing.Places[Address] = new MembersPacking.Place(_output.AsSpan(at - history, history).ToArray(), decoder.UnusedBits, _next > 0 ? _input[_next - 1] : (byte)0);
                Thin();
            }

            if (isEnd)
            {
                return CheckTrailer(member, crc, done);
            }

            if (at == _output.Length)
            {
                _output.AsSpan(at - Window).CopyTo(_output);
                at = kept = Window;
            }
        }
    }

    private void Thin()
    {
        if (packing.Places.Count > MaxPlaces)
        {
            _spacing *= 2;
            parts.Thin(packing.Places.Remove);
        }
    }

    private void Fill()
    {
        long address = Address;
        if (address >= source.Length)
        {
            throw new TruncatedImageException(address, source.Length);
        }

        _inputLength = (int)Math.Min(_input.Length, source.Length - address);
        source.ReadAt(address, _input.AsSpan(0, _inputLength));
        (_inputAt, _next) = (address, 0);
    }

    private long CheckTrailer(long member, uint crc, long length)
    {
        Span<byte> trailer = stackalloc byte[MemberHeader.TrailerLength];
        long address = Address;
        if (address > source.Length - trailer.Length)
        {
            throw new TruncatedImageException(source.Length, source.Length);
        }

        source.ReadAt(address, trailer);
        return BinaryPrimitives.ReadUInt32LittleEndian(trailer) != crc
            ? throw new InvalidImageException(Structure, member, $"its {length} bytes have the CRC-32 0x{crc:X8}, and not what it says at 0x{address:X}", MemberHeader.Clause)
            : BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != unchecked((uint)length)
                ? throw new InvalidImageException(Structure, member, $"it holds {length} bytes, and not as many as it says at 0x{address + 4:X}", MemberHeader.Clause)
                : address + trailer.Length;
    }
}
