namespace ImageFs.Storage.Decoding;

/// <summary>LZO1X, by a decoder of its own (Linux: Documentation/staging/lzo.rst). Its streams have no checksum.</summary>
internal sealed class LzoCodec : Codec
{
    /// <inheritdoc/>
    public override string Name => "lzo";

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination) => new Decoder(encoded.Span, destination).Run();

    /// <param name="source">The stream.</param>
    /// <param name="destination">Takes what it holds.</param>
    private ref struct Decoder(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // What is before the first byte of an instruction: the literals that the last one ended with, or a run of them.
        private const int AfterRun = 4;

        private const int MaxLength = 1 << 30;
        private const int NearDistance = 2 << 10;
        private const int FarDistance = 16 << 10;

        // Of a first byte above it a run of literals comes first.
        private const int FirstLiterals = 17;

        private readonly ReadOnlySpan<byte> _source = source;
        private readonly Span<byte> _destination = destination;
        private int _read;
        private int _written;
        private bool _isDamaged;

        public int Run()
        {
            int state = 0;
            if (_source.Length > 0 && _source[0] > FirstLiterals)
            {
                int literals = ReadByte() - FirstLiterals;
                CopyLiterals(literals);
                state = Math.Min(literals, AfterRun);
            }

            while (!_isDamaged)
            {
                int instruction = ReadByte();
                int length;
                int distance;
                int trailing;
                switch (instruction)
                {
                    case < 16 when state == 0:
                        CopyLiterals(ReadLength(instruction, 15) + 3);
                        state = AfterRun;
                        continue;
                    case < 16:
                        trailing = instruction;
                        length = state == AfterRun ? 3 : 2;
                        distance = (ReadByte() << 2) + (instruction >> 2) + 1 + (state == AfterRun ? NearDistance : 0);
                        break;
                    case < 32:
                        length = ReadLength(instruction & 7, 7) + 2;
                        trailing = ReadByte() | (ReadByte() << 8);
                        distance = FarDistance + ((instruction & 8) << 11) + (trailing >> 2);
                        if (distance == FarDistance)
                        {
                            return _isDamaged || length != 3 ? Damaged : _written;
                        }

                        break;
                    case < 64:
                        length = ReadLength(instruction & 31, 31) + 2;
                        trailing = ReadByte() | (ReadByte() << 8);
                        distance = (trailing >> 2) + 1;
                        break;
                    default:
                        trailing = instruction;
                        length = instruction < 128 ? 3 + ((instruction >> 5) & 1) : 5 + ((instruction >> 5) & 3);
                        distance = (ReadByte() << 3) + ((instruction >> 2) & 7) + 1;
                        break;
                }

                CopyMatch(distance, length);
                state = trailing & 3;
                CopyLiterals(state);
            }

            return Damaged;
        }

        private int ReadByte()
        {
            if (_read == _source.Length)
            {
                _isDamaged = true;
                return 0;
            }

            return _source[_read++];
        }

        // 0 says that the length goes on in further bytes: each of zero is 255, and the first other ends it.
        private int ReadLength(int bits, int most)
        {
            if (bits > 0)
            {
                return bits;
            }

            int length = most;
            while (!_isDamaged && length < MaxLength)
            {
                int more = ReadByte();
                if (more > 0)
                {
                    return length + more;
                }

                length += byte.MaxValue;
            }

            _isDamaged = true;
            return 0;
        }

        private void CopyLiterals(int length)
        {
            if (length > _source.Length - _read || length > _destination.Length - _written)
            {
                _isDamaged = true;
                return;
            }

            _source.Slice(_read, length).CopyTo(_destination[_written..]);
            _read += length;
            _written += length;
        }

        private void CopyMatch(int distance, int length)
        {
            if (!MatchCopy.TryCopy(_destination, _written, distance, length))
            {
                _isDamaged = true;
                return;
            }

            _written += length;
        }
    }
}
