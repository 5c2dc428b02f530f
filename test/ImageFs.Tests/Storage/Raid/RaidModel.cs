using ImageFs.Storage;
using ImageFs.Storage.Raid;

namespace ImageFs.Tests.Storage.Raid;

/// <summary>
/// Arrays written chunk by chunk, as the manual page md(4) and the comments of Linux's drivers say in words: a row is a list, which is turned
/// round and filled. It has nothing in common with the arithmetic that is tested.
/// </summary>
internal sealed class RaidModel
{
    private readonly int _chunk;

    /// <summary>Makes an array of some bytes, of random ones where none are given or there are too few.</summary>
    public RaidModel(RaidGeometry geometry, ReadOnlySpan<byte> data = default)
    {
        Geometry = geometry;
        _chunk = (int)geometry.ChunkLength;
        Members = [.. Enumerable.Range(0, geometry.MemberCount).Select(_ => new byte[geometry.MemberLength])];
        Data = new byte[geometry.LengthWith(Whole)];
        new Random(1).NextBytes(Data);
        data.CopyTo(Data);
        switch (geometry.Level)
        {
            case RaidLevel.Raid1:
                Array.ForEach(Members, member => Data.CopyTo(member, 0));
                break;
            case RaidLevel.Raid10:
                WriteCopies();
                break;
            case RaidLevel.Raid4 or RaidLevel.Raid5 or RaidLevel.Raid6:
                WriteRows();
                break;
            default:
                throw new NotSupportedException();
        }
    }

    public RaidGeometry Geometry { get; }

    /// <summary>What the array has in it.</summary>
    public byte[] Data { get; }

    /// <summary>What is on each of its members.</summary>
    public byte[][] Members { get; }

    private RaidMember[] Whole => [.. Members.Select((bytes, i) => new RaidMember($"member {i}", new MemorySource(bytes), bytes.Length))];

    /// <summary>Opens it without some of its members.</summary>
    public BlockSource Open(params int[] missing) =>
        Geometry.Open([.. Members.Select((bytes, i) => new RaidMember($"member {i}", missing.Contains(i) ? null : new MemorySource(bytes), bytes.Length))]);

    /// <summary>The places of a row of RAID 4, 5 or 6: the numbers of its chunks of data from 0 on, -1 for P and -2 for Q.</summary>
    public static int[] Row(RaidLevel level, ParityAlgorithm algorithm, int members, int stripe)
    {
        if (level == RaidLevel.Raid4)
        {
            return [.. Enumerable.Range(0, members - 1), -1];
        }

        bool isTwo = level == RaidLevel.Raid6;
        int[] data = [.. Enumerable.Range(0, members - (isTwo ? 2 : 1))];
        int[] parity = isTwo ? [-1, -2] : [-1];
        switch (algorithm)
        {
            case ParityAlgorithm.Parity0:
                return [.. parity, .. data];
            case ParityAlgorithm.ParityN:
                return [.. data, .. parity];
            case ParityAlgorithm.Parity06:
                return [-1, .. data, -2];
            case ParityAlgorithm.LeftAsymmetric6 or ParityAlgorithm.RightAsymmetric6 or ParityAlgorithm.LeftSymmetric6 or ParityAlgorithm.RightSymmetric6:
                return [.. Row(RaidLevel.Raid5, algorithm - (int)ParityAlgorithm.LeftAsymmetric6, members - 1, stripe), -2];
            case ParityAlgorithm.RightAsymmetric or ParityAlgorithm.RotatingZeroRestart:
                // P moves up; the first row of the others is restarted around it.
                return Restarted(Turned([.. parity, .. data], stripe), data);
            case ParityAlgorithm.LeftAsymmetric:
                // "D D D P", then "D D P D"; with Q behind P, which in the first row is at the start.
                return Restarted(Turned(isTwo ? [-2, .. data, -1] : [.. data, -1], -stripe), data);
            case ParityAlgorithm.RotatingNRestart:
                return Restarted(Turned([.. data, -1, -2], -stripe), data);
            case ParityAlgorithm.RightSymmetric:
                return Turned([.. parity, .. data], stripe);
            case ParityAlgorithm.LeftSymmetric:
                return Turned(isTwo ? [-2, .. data, -1] : [.. data, -1], -stripe);
            case ParityAlgorithm.RotatingNContinue:
                return Turned([.. data, -2, -1], -stripe);
            default:
                throw new NotSupportedException();
        }
    }

    // Places move up by a number, those at the end to the start.
    private static int[] Turned(int[] row, int by)
    {
        int start = ((-by % row.Length) + row.Length) % row.Length;
        return [.. row[start..], .. row[..start]];
    }

    private static int[] Restarted(int[] row, int[] data)
    {
        int next = 0;
        return [.. row.Select(place => place < 0 ? place : data[next++])];
    }

    private void WriteRows()
    {
        var algorithm = (ParityAlgorithm)Geometry.Layout;
        int position = 0;
        for (int stripe = 0; stripe < Geometry.MemberLength / _chunk; stripe++)
        {
            int[] row = Row(Geometry.Level, algorithm, Geometry.MemberCount, stripe);
            byte[][] chunks = [.. row.Select(place => place < 0 ? new byte[_chunk] : Data[(position + (place * _chunk))..][.._chunk])];
            position += row.Count(place => place >= 0) * _chunk;
            int p = Array.IndexOf(row, -1);
            int q = Array.IndexOf(row, -2);
            for (int i = 0; i < _chunk; i++)
            {
                chunks[p][i] = (byte)chunks.Where((_, member) => row[member] >= 0).Aggregate(0, (sum, chunk) => sum ^ chunk[i]);
                if (q >= 0)
                {
                    chunks[q][i] = QOf(row, chunks, q, i, isDdf: algorithm is >= ParityAlgorithm.RotatingZeroRestart and <= ParityAlgorithm.RotatingNContinue);
                }
            }

            for (int member = 0; member < row.Length; member++)
            {
                chunks[member].CopyTo(Members[member], stripe * _chunk);
            }
        }
    }

    // md counts data from the member behind Q on; DDF by the numbers of all members.
    private static byte QOf(int[] row, byte[][] chunks, int q, int i, bool isDdf)
    {
        int sum = 0;
        int power = 1;
        for (int step = 0; step < row.Length; step++)
        {
            int member = isDdf ? step : (q + 1 + step) % row.Length;
            if (row[member] >= 0)
            {
                sum ^= Product(chunks[member][i], power);
            }

            if (row[member] >= 0 || isDdf)
            {
                power = Product(power, 2);
            }
        }

        return (byte)sum;
    }

    private static int Product(int left, int right)
    {
        int product = 0;
        for (; right > 0; right >>= 1)
        {
            product ^= (right & 1) * left;
            left = (left << 1) ^ (left >> 7 == 0 ? 0 : 0x11D);
        }

        return product;
    }

    // Chunks are dealt out one by one, each near copy to the next member; further copies of all of it lie below, moved on.
    private void WriteCopies()
    {
        int near = Geometry.Layout & 0xFF;
        int far = (Geometry.Layout >> 8) & 0xFF;
        bool isOffset = (Geometry.Layout & (1 << 16)) != 0;
        int members = Geometry.MemberCount;
        int rows = (int)Geometry.MemberLength / _chunk / far;
        for (int dealt = 0; dealt < Data.Length / _chunk * near; dealt++)
        {
            byte[] chunk = Data[(dealt / near * _chunk)..][.._chunk];
            int member = dealt % members;
            int row = dealt / members;
            for (int copy = 0; copy < far; copy++)
            {
                int place = isOffset ? (row * far) + copy : (copy * rows) + row;
                chunk.CopyTo(Members[Moved(member, copy * near, near * far)], place * _chunk);
            }
        }
    }

    // With far sets a member's copies are on members of the same set; those left over belong to the last set.
    private int Moved(int member, int by, int setSize)
    {
        int[][] sets = Geometry.Layout >> 17 == 0
            ? [[.. Enumerable.Range(0, Geometry.MemberCount)]]
            : [.. Enumerable.Range(0, Geometry.MemberCount).GroupBy(number => Math.Min(number / setSize, (Geometry.MemberCount / setSize) - 1)).Select(set => set.ToArray())];
        int[] own = sets.Single(set => set.Contains(member));
        return own[(Array.IndexOf(own, member) + by) % own.Length];
    }
}
