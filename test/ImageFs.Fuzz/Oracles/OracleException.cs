namespace ImageFs.Fuzz.Oracles;

/// <summary>A parser did what it must not do whatever the image says: that is a finding.</summary>
/// <param name="message">What.</param>
internal sealed class OracleException(string message) : Exception(message)
{
    /// <summary>Throws one where something does not hold.</summary>
    public static void Check(bool holds, string message)
    {
        if (!holds)
        {
            throw new OracleException(message);
        }
    }
}
