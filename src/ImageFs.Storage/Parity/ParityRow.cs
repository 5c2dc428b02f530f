namespace ImageFs.Storage.Parity;

/// <summary>The bytes of a row of RAID 5 or 6, which are at the same place of each of its members.</summary>
public interface IParityRow
{
    /// <summary>Reads bytes of a member.</summary>
    /// <param name="member">Data from 0 on; then P, and of RAID 6 Q.</param>
    /// <param name="bytes">Filled whole.</param>
    /// <exception cref="ImageException">They are not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    void Read(int member, Span<byte> bytes);
}

/// <summary>
/// Puts together what a row of RAID 5 or 6 lost: P is the sum of the data, Q that of the data multiplied by rising powers of the generator
/// (<see cref="GaloisField"/>).
/// </summary>
public static class ParityRow
{
    /// <summary>Puts data together from the rest of its row.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="row">The row; what is lost of it is not read.</param>
    /// <param name="dataCount">Its members with data.</param>
    /// <param name="wanted">The one whose data is wanted.</param>
    /// <param name="otherLost">Another member that is lost; -1 when none is. There has to be Q unless none is.</param>
    /// <param name="bytes">Takes the data.</param>
    /// <exception cref="ImageException">Another member is not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static void Rebuild<TRow>(in TRow row, int dataCount, int wanted, int otherLost, Span<byte> bytes)
        where TRow : IParityRow, allows ref struct
    {
        int p = dataCount;
        int q = dataCount + 1;
        if (otherLost < 0 || otherLost == q)
        {
            SumOfData(row, dataCount, wanted, -1, bytes);
            AddMember(row, p, bytes);
        }
        else if (otherLost == p)
        {
            SumOfMultiples(row, dataCount, wanted, -1, bytes);
            AddMember(row, q, bytes);
            GaloisField.Scale(bytes, GaloisField.Power(-wanted));
        }
        else
        {
            // Two unknowns: their sum, which P leaves, and that of their multiples, which Q leaves.
            SumOfMultiples(row, dataCount, wanted, otherLost, bytes);
            AddMember(row, q, bytes);
            using var buffer = new PooledBuffer(bytes.Length);
            Span<byte> sum = buffer.Span;
            SumOfData(row, dataCount, wanted, otherLost, sum);
            AddMember(row, p, sum);
            byte power = GaloisField.Power(otherLost);
            GaloisField.Scale(sum, power);
            GaloisField.Add(bytes, sum);
            GaloisField.Scale(bytes, GaloisField.Invert((byte)(GaloisField.Power(wanted) ^ power)));
        }
    }

    /// <summary>Computes what parity should be.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="row">The row.</param>
    /// <param name="dataCount">Its members with data.</param>
    /// <param name="parity">0 for P, 1 for Q.</param>
    /// <param name="bytes">Takes the parity.</param>
    /// <exception cref="ImageException">A member is not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static void Compute<TRow>(in TRow row, int dataCount, int parity, Span<byte> bytes)
        where TRow : IParityRow, allows ref struct
    {
        if (parity == 0)
        {
            SumOfData(row, dataCount, -1, -1, bytes);
        }
        else
        {
            SumOfMultiples(row, dataCount, -1, -1, bytes);
        }
    }

    private static void SumOfData<TRow>(in TRow row, int dataCount, int lost, int otherLost, Span<byte> sum)
        where TRow : IParityRow, allows ref struct
    {
        sum.Clear();
        for (int member = 0; member < dataCount; member++)
        {
            if (member != lost && member != otherLost)
            {
                AddMember(row, member, sum);
            }
        }
    }

    // From the last one on, so that each step multiplies all those before by the generator.
    private static void SumOfMultiples<TRow>(in TRow row, int dataCount, int lost, int otherLost, Span<byte> sum)
        where TRow : IParityRow, allows ref struct
    {
        sum.Clear();
        for (int member = dataCount - 1; member >= 0; member--)
        {
            GaloisField.Scale(sum, GaloisField.Power(1));
            if (member != lost && member != otherLost)
            {
                AddMember(row, member, sum);
            }
        }
    }

    private static void AddMember<TRow>(in TRow row, int member, Span<byte> sum)
        where TRow : IParityRow, allows ref struct
    {
        using var buffer = new PooledBuffer(sum.Length);
        row.Read(member, buffer.Span);
        GaloisField.Add(sum, buffer.Span);
    }
}
