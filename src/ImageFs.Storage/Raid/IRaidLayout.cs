namespace ImageFs.Storage.Raid;

/// <summary>Where the copies of an array's bytes lie on its members.</summary>
internal interface IRaidLayout
{
    /// <summary>Length of the array in bytes.</summary>
    long Length { get; }

    /// <summary>Copies of each byte.</summary>
    int Copies { get; }

    /// <summary>Where a copy of the bytes from an offset on lies.</summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    /// <param name="copy">Less than <see cref="Copies"/>.</param>
    RaidPlace PlaceOf(long offset, int copy);
}

/// <summary>Bytes on a member.</summary>
/// <param name="Member">Its number, from 0.</param>
/// <param name="Address">Where they begin in its data.</param>
/// <param name="Length">How many lie there one after the other.</param>
internal readonly record struct RaidPlace(int Member, long Address, long Length);
